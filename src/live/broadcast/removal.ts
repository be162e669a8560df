import type { Clock } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import type { BroadcastPostEvent } from '#ports/events.ts';
import type { JobHandler, Jobs } from '#ports/jobs.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { purgeRoom } from '../room/store.ts';
import type { Admission } from './admission.ts';
import { enqueueEvent, roomTopic } from './broadcasts.ts';
import type { OnAirRegistry } from './on-air-registry.ts';
import * as store from './store.ts';

/** A little longer than a post can be brought back. */
export const PURGE_AFTER_MS = 11_000;

export interface RemovalDeps {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly onAir: OnAirRegistry;
  readonly admission: Admission;
}

interface Purge {
  readonly broadcastId: BroadcastId;
  /** Of the removal that asks for it: a later one asks itself. */
  readonly removedAtMs: number;
}

/** What becomes of a broadcast whose post is deleted or comes back. Every step may be done twice: jobs are. */
export function removalJobs(deps: RemovalDeps): Readonly<Record<string, JobHandler>> {
  return {
    'broadcast-post.deleted': payload => hide(deps, (payload as BroadcastPostEvent).broadcastId),
    'broadcast-post.restored': payload => show(deps, (payload as BroadcastPostEvent).broadcastId),
    'broadcast.purge': payload => purge(deps, payload as Purge),
  };
}

/** Off the air and out of sight at once. Its replay is finished behind that, for it may come back. */
async function hide(deps: RemovalDeps, id: BroadcastId): Promise<void> {
  const removedAtMs = deps.clock.nowMs();
  await deps.db.transaction(async tx => {
    if (!(await store.setRemoved(tx, id, removedAtMs))) return;
    const payload: Purge = { broadcastId: id, removedAtMs };
    const runAtMs = removedAtMs + PURGE_AFTER_MS;
    await deps.jobs.enqueue(tx, { kind: 'broadcast.purge', payload, runAtMs });
  });
  deps.admission.forget(id);
  deps.bus.publish(roomTopic(id), { type: 'deleted' } satisfies RoomEvent);
  const row = await store.findBroadcast(deps.db.sql, id);
  if (row) await deps.onAir.remove(row);
}

/** Never back on the air: what comes back is the replay. */
async function show(deps: RemovalDeps, id: BroadcastId): Promise<void> {
  const row = await deps.db.transaction(async tx => {
    const shown = await store.clearRemoved(tx, id);
    if (shown) await enqueueEvent(deps.jobs, tx, shown, false);
    return shown;
  });
  deps.admission.forget(id);
  if (!row) return;
  deps.onAir.find(id)?.show();
  deps.jobs.wake();
  deps.bus.publish(roomTopic(id), { type: 'state', state: row.state } satisfies RoomEvent);
}

/**
 * Bytes first, the row that says that there are some last. Refuses with `elsewhere` where another data folder has the bytes: the job is
 * tried again, by whichever process takes it, and kept as failed when that folder's never was among them.
 */
async function purge(deps: RemovalDeps, { broadcastId, removedAtMs }: Purge): Promise<void> {
  const row = await store.findBroadcast(deps.db.sql, broadcastId);
  if (row?.removedAtMs !== removedAtMs) return;
  await deps.onAir.refuseElsewhere(broadcastId);
  await deps.onAir.release(broadcastId);
  await deps.recorder.delete(broadcastId);
  await purgeRoom(deps.db.sql, broadcastId);
  await store.deleteBroadcast(deps.db.sql, broadcastId);
}
