import { type Place, WIDE_SHARE } from './address.ts';
import { Heaviest } from './heaviest.ts';

/** What somebody who asks for a place is told: he has it, perhaps in the stead of `evicted`, or there is none for him. */
export type Entry<T> = { readonly isIn: true; readonly evicted: T | null } | { readonly isIn: false };

interface Seat<T> {
  readonly item: T;
  readonly place: Place;
  isLeft: boolean;
}

/** The seats of one address, oldest first. */
interface Row<T> {
  count: number;
  /** Those that were left stay in it until it is worth tidying, so that the oldest is found at once. */
  seats: Seat<T>[];
  first: number;
}

interface Group<T> {
  count: number;
  readonly rows: Map<string, Row<T>>;
  readonly heaviest: Heaviest<string>;
}

/**
 * So many places for everybody. While there is room, one address may have as many as it likes: a campus behind one is no
 * attack. When there is none, the newcomer gets the oldest place of the address that has most, unless his own has
 * as many: so a stranger uses up his own only, and whoever has few always gets in. A /48 counts for
 * a sixteenth of what its /64s have together.
 */
export class FairPlaces<T> {
  readonly #max: number;
  readonly #equalsYield: boolean;
  readonly #groups = new Map<string, Group<T>>();
  readonly #heaviest = new Heaviest<string>();
  readonly #seats = new Map<T, Seat<T>>();

  /** `equalsYield`: who has as many as the newcomer would have gives one up, too: for places that nobody needs for long. */
  constructor(max: number, { equalsYield = false } = {}) {
    this.#max = max;
    this.#equalsYield = equalsYield;
  }

  get size(): number {
    return this.#seats.size;
  }

  has(item: T): boolean {
    return this.#seats.has(item);
  }

  enter(item: T, place: Place): Entry<T> {
    if (this.size < this.#max) {
      this.#add(item, place);
      return { isIn: true, evicted: null };
    }
    const least = this.#weightWith(place) + (this.#equalsYield ? 0 : 1);
    const evicted = this.#heaviest.most >= least ? this.heaviest() : null;
    if (evicted === null) return { isIn: false };
    this.leave(evicted);
    this.#add(item, place);
    return { isIn: true, evicted };
  }

  /** Counts for another place from now on, if it has one at all. */
  move(item: T, place: Place): void {
    if (this.#seats.has(item)) this.#add(item, place);
  }

  /** The oldest of the address that has most; null when there is nobody. */
  heaviest(): T | null {
    const group = this.#groups.get(this.#heaviest.key ?? '');
    const row = group?.rows.get(group.heaviest.key ?? '');
    if (!row) return null;
    while (row.seats[row.first]?.isLeft) row.first++;
    return row.seats[row.first]?.item ?? null;
  }

  /** Idempotent. */
  leave(item: T): void {
    const seat = this.#seats.get(item);
    if (!seat) return;
    this.#seats.delete(item);
    seat.isLeft = true;
    const { place } = seat;
    const key = keyOf(place);
    const group = this.#groups.get(key)!;
    const row = group.rows.get(place.near)!;
    row.count--;
    if (row.count === 0) group.rows.delete(place.near);
    else if (row.seats.length > 2 * row.count + TIDY_FROM) tidy(row);
    this.#count(key, group, place, row.count, -1);
    if (group.count === 0) this.#groups.delete(key);
  }

  #add(item: T, place: Place): void {
    this.leave(item);
    const seat = { item, place, isLeft: false };
    this.#seats.set(item, seat);
    const key = keyOf(place);
    let group = this.#groups.get(key);
    if (!group) {
      group = { count: 0, rows: new Map(), heaviest: new Heaviest() };
      this.#groups.set(key, group);
    }
    let row = group.rows.get(place.near);
    if (!row) {
      row = { count: 0, seats: [], first: 0 };
      group.rows.set(place.near, row);
    }
    row.seats.push(seat);
    this.#count(key, group, place, ++row.count, 1);
  }

  #count(key: string, group: Group<T>, place: Place, ofRow: number, more: 1 | -1): void {
    group.count += more;
    group.heaviest.set(place.near, ofRow);
    this.#heaviest.set(key, weightOf(place, group.count, group.heaviest.most));
  }

  /** What the group of this place would weigh with one more. */
  #weightWith(place: Place): number {
    const group = this.#groups.get(keyOf(place));
    const near = (group?.heaviest.of(place.near) ?? 0) + 1;
    return weightOf(place, (group?.count ?? 0) + 1, Math.max(near, group?.heaviest.most ?? 0));
  }
}

const keyOf = ({ near, wide }: Place): string => wide ?? near;

function weightOf({ wide }: Place, count: number, mostNear: number): number {
  return wide === null ? count : Math.max(mostNear, Math.ceil(count / WIDE_SHARE));
}

const TIDY_FROM = 32;

function tidy<T>(row: Row<T>): void {
  row.seats = row.seats.filter(({ isLeft }) => !isLeft);
  row.first = 0;
}
