import type { Clock } from '#base/clock.ts';
import type { Closer } from '#base/dispose.ts';
import type { AccountId, BroadcastId } from '#base/ids.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import type { Bus } from '#ports/bus.ts';
import { roomTopic } from '../broadcast/broadcasts.ts';
import { Throttle } from './throttle.ts';

/** Least time between two `presence` events of one room. */
export const PRESENCE_EVENT_MS = 1000;
/** Names that a `presence` event tells. */
export const PRESENCE_NAMES_MAX = 5;

/** Somebody in the room: an account, counted once however many windows it has open, or an anonymous connection. */
export interface Member {
  readonly account: { readonly id: AccountId; readonly name: string } | null;
}

interface Room {
  /** Open connections by account. */
  readonly accounts: Map<AccountId, { name: string; connections: number }>;
  anonymous: number;
  /** Whether the last event told that nobody is left. */
  saidEmpty: boolean;
  readonly announce: Throttle;
}

/** Who is in each room of this process. */
export class Presence {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #rooms = new Map<BroadcastId, Room>();

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Counts the member until the returned closer is closed. */
  enter(id: BroadcastId, member: Member): Closer {
    const room = this.#room(id);
    const leave = member.account ? enterAs(room, member.account) : enterUnnamed(room);
    room.announce.ask();
    let isIn = true;
    return {
      close: () => {
        if (!isIn) return;
        isIn = false;
        leave();
        room.announce.ask();
      },
    };
  }

  viewers(id: BroadcastId): number {
    const room = this.#rooms.get(id);
    return room ? count(room) : 0;
  }

  names(id: BroadcastId): string[] {
    const people = this.#rooms.get(id)?.accounts.values() ?? [];
    return [...Iterator.from(people).take(PRESENCE_NAMES_MAX)].map(person => person.name);
  }

  #room(id: BroadcastId): Room {
    const known = this.#rooms.get(id);
    if (known) return known;
    const announce = new Throttle(this.#clock, PRESENCE_EVENT_MS, () => this.#announce(id, room));
    const room: Room = { accounts: new Map(), anonymous: 0, saidEmpty: false, announce };
    this.#rooms.set(id, room);
    return room;
  }

  /** A room that stays empty for a period after it was said is forgotten; the throttle holds until then. */
  #announce(id: BroadcastId, room: Room): void {
    const isEmpty = count(room) === 0;
    if (isEmpty && room.saidEmpty) {
      this.#rooms.delete(id);
      return;
    }
    room.saidEmpty = isEmpty;
    const event: RoomEvent = { type: 'presence', viewers: this.viewers(id), names: this.names(id) };
    this.#bus.publish(roomTopic(id), event);
    if (isEmpty) room.announce.ask();
  }
}

function enterAs(room: Room, account: { id: AccountId; name: string }): () => void {
  const person = room.accounts.get(account.id) ?? { name: account.name, connections: 0 };
  person.connections++;
  room.accounts.set(account.id, person);
  return () => {
    if (--person.connections === 0) room.accounts.delete(account.id);
  };
}

function enterUnnamed(room: Room): () => void {
  room.anonymous++;
  return () => {
    room.anonymous--;
  };
}

function count(room: Room): number {
  return room.accounts.size + room.anonymous;
}
