import type { Clock, Timer } from '#base/clock.ts';
import type { AccountId, BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { HEARTS_PER_VIEWER_MAX } from '#contract/api/types.ts';
import { Refusal } from '#contract/errors.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import { type Broadcasts, roomTopic } from '../broadcast/broadcasts.ts';
import { isOpen } from '../broadcast/lifecycle.ts';
import { addHearts, type BroadcastRow } from '../broadcast/store.ts';
import { clampMediaTime } from './comments.ts';
import { addHeartDelta, heartSeconds, heartsOfViewer } from './store.ts';
import { Throttle } from './throttle.ts';

/** How often counts go from memory to the database. */
export const HEARTS_FLUSH_MS = 2000;
/** Least time between two `hearts` events of one room. */
export const HEARTS_EVENT_MS = 100;
/** Viewers of one room whose hearts are counted at a time; the hearts of more are shown only. */
export const HEART_VIEWERS_MAX = 100_000;

export interface HeartsDeps {
  readonly db: Db;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly broadcasts: Broadcasts;
}

interface Delta {
  count: number;
  readonly bySecond: Map<number, number>;
  readonly byViewer: Map<AccountId, number>;
}

/** What one room keeps in memory from its first heart until it has been quiet for a while. */
interface RoomHearts {
  /** Calls that are under way: the room must not be forgotten beneath them. */
  calls: number;
  /** Hearts that count, stored or not; null until the stored ones were read. */
  total: number | null;
  readonly byViewer: Map<AccountId, number>;
  unstored: Delta;
  shown: number;
  shownMediaTimeMs: number | null;
  readonly announce: Throttle;
}

const emptyDelta = (): Delta => ({ count: 0, bySecond: new Map(), byViewer: new Map() });

function add<K>(map: Map<K, number>, key: K, count: number): void {
  map.set(key, (map.get(key) ?? 0) + count);
}

/** Every tap is shown; those within a viewer's limit also count, and are stored by second of media time. */
export class Hearts {
  readonly #deps: HeartsDeps;
  readonly #rooms = new Map<BroadcastId, RoomHearts>();
  readonly #timer: Timer;
  #flushing: Promise<void> = Promise.resolve();

  constructor(deps: HeartsDeps) {
    this.#deps = deps;
    this.#timer = deps.clock.every(HEARTS_FLUSH_MS, () => void this.flush());
  }

  /** Refuses with `not-found` and `comments-closed`. */
  async send(id: BroadcastId, viewerId: AccountId, count: number, mediaTimeMs: number | null): Promise<void> {
    const room = this.#room(id);
    room.calls++;
    try {
      const broadcast = await this.#deps.broadcasts.get(id);
      if (!isOpen(broadcast.state)) throw new Refusal('comments-closed');
      const stored = room.byViewer.has(viewerId) ? 0 : await heartsOfViewer(this.#deps.db.sql, id, viewerId);
      // Another call of this viewer may have read and counted meanwhile.
      if (!room.byViewer.has(viewerId) && room.byViewer.size < HEART_VIEWERS_MAX)
        room.byViewer.set(viewerId, stored);
      room.total ??= broadcast.hearts;
      this.#count(room, broadcast, viewerId, count, mediaTimeMs);
    } finally {
      room.calls--;
    }
  }

  /** The total of a broadcast, with the hearts that are not stored yet. */
  total(broadcast: BroadcastRow): number {
    return this.#rooms.get(broadcast.id)?.total ?? broadcast.hearts;
  }

  /** Second of media time and its hearts, in order; stored ones only. */
  async bySecond(id: BroadcastId): Promise<[number, number][]> {
    return heartSeconds(this.#deps.db.sql, id);
  }

  /** Stores what was counted since the last time. What cannot be stored stays for the next time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(async () => {
      for (const [id, room] of this.#rooms) await this.#store(id, room);
    });
    return this.#flushing;
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await this.flush();
    for (const room of this.#rooms.values()) room.announce.cancel();
  }

  #room(id: BroadcastId): RoomHearts {
    const known = this.#rooms.get(id);
    if (known) return known;
    const room: RoomHearts = {
      calls: 0,
      total: null,
      byViewer: new Map(),
      unstored: emptyDelta(),
      shown: 0,
      shownMediaTimeMs: null,
      announce: new Throttle(this.#deps.clock, HEARTS_EVENT_MS, () => this.#announce(id, room)),
    };
    this.#rooms.set(id, room);
    return room;
  }

  #count(
    room: RoomHearts,
    broadcast: BroadcastRow,
    viewerId: AccountId,
    count: number,
    mediaTimeMs: number | null,
  ): void {
    const nowMs = this.#deps.clock.nowMs();
    const seenMs = clampMediaTime(mediaTimeMs, broadcast.startedAtMs, nowMs);
    const before = room.byViewer.get(viewerId) ?? HEARTS_PER_VIEWER_MAX;
    const counted = Math.max(0, Math.min(count, HEARTS_PER_VIEWER_MAX - before));
    if (counted > 0) {
      const elapsedMs = seenMs ?? Math.max(0, nowMs - (broadcast.startedAtMs ?? nowMs));
      room.byViewer.set(viewerId, before + counted);
      room.total = (room.total ?? 0) + counted;
      room.unstored.count += counted;
      add(room.unstored.bySecond, Math.floor(elapsedMs / 1000), counted);
      add(room.unstored.byViewer, viewerId, counted);
    }
    room.shown += count;
    room.shownMediaTimeMs = seenMs ?? room.shownMediaTimeMs;
    room.announce.ask();
  }

  #announce(id: BroadcastId, room: RoomHearts): void {
    const event: RoomEvent = {
      type: 'hearts',
      count: room.shown,
      total: room.total ?? 0,
      mediaTimeMs: room.shownMediaTimeMs,
    };
    room.shown = 0;
    room.shownMediaTimeMs = null;
    this.#deps.bus.publish(roomTopic(id), event);
  }

  async #store(id: BroadcastId, room: RoomHearts): Promise<void> {
    const delta = room.unstored;
    if (delta.count > 0) {
      room.unstored = emptyDelta();
      try {
        await this.#deps.db.transaction(async tx => {
          await addHeartDelta(tx, id, delta);
          await addHearts(tx, id, delta.count);
        });
      } catch (cause) {
        this.#deps.log.error({ err: cause, broadcastId: id, hearts: delta.count }, 'hearts were not stored');
        putBack(room.unstored, delta);
      }
    } else if (room.calls === 0 && room.shown === 0) {
      this.#rooms.delete(id);
    }
  }
}

function putBack(unstored: Delta, delta: Delta): void {
  unstored.count += delta.count;
  for (const [second, count] of delta.bySecond) add(unstored.bySecond, second, count);
  for (const [viewerId, count] of delta.byViewer) add(unstored.byViewer, viewerId, count);
}
