import type { Clock } from '#base/clock.ts';
import { type AccountId, type BroadcastId, type Ids, isId } from '#base/ids.ts';
import { PAGE_DEFAULT, type Trouble } from '#contract/api/types.ts';
import { checkedText } from '#contract/checked-text.ts';
import { Refusal } from '#contract/errors.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import { TITLE_GRAPHEMES_MAX } from '#contract/text.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db, Sql } from '#ports/db.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import type { Jobs } from '#ports/jobs.ts';
import type { Hold } from '#ports/placement.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type LifecycleInput, nextState } from './lifecycle.ts';
import { hashPublishToken } from './publish-token.ts';
import * as store from './store.ts';

export interface BroadcastsDeps {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** The bus topic of a broadcast's audience; what it carries are `RoomEvent`s. */
export const roomTopic = (id: BroadcastId): string => `room:${id}`;

/** The social fact: what is stored of a broadcast, and its steps through the lifecycle. */
export interface Broadcasts {
  /** `credentialId` is what lets the owner make it: when that is revoked, it ends. */
  create(
    ownerId: AccountId,
    title: string,
    announce: boolean,
    credentialId?: string | null,
  ): Promise<Created>;
  /** Refuses with `not-found`. */
  get(id: BroadcastId): Promise<store.BroadcastRow>;
  rename(id: BroadcastId, title: string): Promise<store.BroadcastRow>;
  /** Newest first, with the cursor of the next page. */
  listLive(
    cursor?: string,
    limit?: number,
  ): Promise<{ rows: store.BroadcastRow[]; nextCursor: string | null }>;
  /** Tells the room of everything that hampers the broadcast now. */
  tellTroubles(id: BroadcastId, troubles: readonly Trouble[]): void;
  /** Moves the broadcast on, by the hold of who owns it where it has an owner, and tells everybody; null when it does not take `input`, or somebody else was faster. */
  advance(
    id: BroadcastId,
    input: LifecycleInput,
    fields?: store.TransitionFields,
    hold?: Hold | null,
  ): Promise<store.BroadcastRow | null>;
}

export interface Created {
  readonly row: store.BroadcastRow;
  /** Shown once; only its hash is kept. */
  readonly publishToken: string;
}

const notFound = () => new Refusal('not-found', 'There is no broadcast with this id.');

export function createBroadcasts(deps: BroadcastsDeps): Broadcasts {
  const { db, ids, clock } = deps;

  async function get(id: BroadcastId): Promise<store.BroadcastRow> {
    const row = isId(id) ? await store.findBroadcast(db.sql, id) : null;
    if (!row || row.removedAtMs !== null) throw notFound();
    return row;
  }

  return {
    get,
    async create(ownerId, title, announce, credentialId = null) {
      const publishToken = ids.secret();
      const id = ids.next<'broadcast'>();
      await store.insertBroadcast(db.sql, {
        id,
        postId: ids.next<'post'>(),
        ownerId,
        title: checkedText('title', title, TITLE_GRAPHEMES_MAX),
        announce,
        credentialId,
        publishTokenHash: await hashPublishToken(publishToken),
        createdAtMs: clock.nowMs(),
      });
      return { row: await get(id), publishToken };
    },
    async rename(id, title) {
      const checked = checkedText('title', title, TITLE_GRAPHEMES_MAX);
      const renamed = await db.transaction(async tx => {
        const row = await store.setTitle(tx, id, checked);
        if (row) await enqueueEvent(deps.jobs, tx, row, false);
        return row;
      });
      if (!renamed) throw notFound();
      deps.jobs.wake();
      return renamed;
    },
    async listLive(cursor, limit = PAGE_DEFAULT) {
      const before = cursor === undefined ? null : decodeCursor(cursor);
      const rows = await store.listByState(db.sql, ['live', 'interrupted'], limit + 1, before);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return { rows: rows.slice(0, limit), nextCursor: last ? encodeCursor(last.id) : null };
    },
    tellTroubles(id, troubles) {
      deps.bus.publish(roomTopic(id), { type: 'troubles', troubles } satisfies RoomEvent);
    },
    advance: (id, input, fields = {}, hold = null) => advance(deps, id, input, fields, hold),
  };
}

/** The change of state and the job that tells `social` of it are one transaction; the bus hears of it afterwards. */
async function advance(
  deps: BroadcastsDeps,
  id: BroadcastId,
  input: LifecycleInput,
  fields: store.TransitionFields,
  hold: Hold | null,
): Promise<store.BroadcastRow | null> {
  const moved = await (hold ?? { write: deps.db.transaction }).write(async tx => {
    const row = await store.findBroadcast(tx, id);
    const to = row && nextState(row.state, input);
    if (!row || !to) return null;
    const after = await store.transition(tx, id, row.state, to, fields);
    if (after) await enqueueEvent(deps.jobs, tx, after, row.state === 'starting');
    return after;
  });
  if (!moved) return null;
  deps.jobs.wake();
  deps.bus.publish(roomTopic(id), { type: 'state', state: moved.state } satisfies RoomEvent);
  return moved;
}

/** A broadcast that never started has no post, so nobody outside is told of it. */
export async function enqueueEvent(
  jobs: Jobs,
  tx: Sql,
  row: store.BroadcastRow,
  isStart: boolean,
): Promise<void> {
  if (row.startedAtMs === null) return;
  const payload: BroadcastEvent = {
    broadcastId: row.id,
    postId: row.postId,
    ownerId: row.ownerId,
    title: row.title,
    state: row.state,
    startedAtMs: row.startedAtMs,
    durationMs: row.durationMs,
    announce: row.announce,
  };
  const kind = isStart ? 'broadcast.started' : 'broadcast.changed';
  await jobs.enqueue(tx, { kind, payload, orderingKey: `broadcast:${row.id}` });
}
