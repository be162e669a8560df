import { type BroadcastId, isId } from '#base/ids.ts';
import { Refusal } from '#contract/errors.ts';

/** A cursor is the last id of its page, wrapped so that nobody takes it for one. */
export function encodeCursor(lastId: BroadcastId): string {
  return btoa(lastId).replaceAll('=', '');
}

/** Refuses with `invalid-cursor` whatever `encodeCursor` did not make. */
export function decodeCursor(cursor: string): BroadcastId {
  const id = decoded(cursor);
  if (!isId(id)) throw new Refusal('invalid-cursor');
  return id;
}

function decoded(cursor: string): string {
  try {
    return atob(cursor);
  } catch {
    return '';
  }
}
