import { isId } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';

/** Where a post stands in a list by time; the id decides between posts of one millisecond. */
export interface Place {
  readonly createdAtMs: number;
  readonly id: string;
}

/** What callers ask of a list. */
export interface PageRequest {
  readonly cursor?: string;
  readonly limit?: number;
}

/** A cursor is the place of the page's last post, wrapped so that nobody takes it for one. */
export function encodeCursor(place: Place): string {
  return btoa(`${place.createdAtMs}.${place.id}`).replaceAll('=', '');
}

/** Refuses with `invalid-cursor` whatever `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Place {
  const [, time, id] = /^(\d{1,15})\.(.*)$/.exec(unwrap(cursor)) ?? [];
  if (time === undefined || id === undefined || !isId(id)) throw new Refusal('invalid-cursor');
  return { createdAtMs: Number(time), id };
}

function unwrap(cursor: string): string {
  try {
    return atob(cursor);
  } catch {
    return '';
  }
}

/** Cuts what was read with one more than `limit` into a page. */
export function pageOf<P extends Place>(
  found: readonly P[],
  limit: number,
): { places: readonly P[]; nextCursor: string | null } {
  const places = found.slice(0, limit);
  const last = places.at(-1);
  return { places, nextCursor: found.length > limit && last ? encodeCursor(last) : null };
}
