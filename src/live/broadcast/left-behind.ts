import type { Clock } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Db } from '#ports/db.ts';
import type { Hold, Placement } from '#ports/placement.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Broadcasts } from './broadcasts.ts';
import { STARTING_MAX_MS } from './lifecycle.ts';
import { type BroadcastRow, listStarting, listUnfinished } from './store.ts';

/** Broadcasts that one round looks after; the rest wait for the next. */
const ROUND_MAX = 100;

export interface LeftBehindDeps {
  readonly db: Db;
  readonly broadcasts: Broadcasts;
  readonly recorder: Recorder;
  readonly placement: Placement;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether this process has it in memory and looks after it itself. */
  readonly isOnAir: (id: BroadcastId) => boolean;
}

/** Does `work` for what a crash left live or interrupted, and for what ended but could not be archived. */
export async function eachLeftBehind(
  deps: LeftBehindDeps,
  work: (row: BroadcastRow) => Promise<void>,
): Promise<void> {
  let afterId: BroadcastId | null = null;
  for (;;) {
    const rows = await listUnfinished(deps.db.sql, afterId, ROUND_MAX);
    for (const row of rows) if (!deps.isOnAir(row.id)) await guarded(deps, row, () => work(row));
    afterId = rows.at(-1)?.id ?? null;
    if (rows.length < ROUND_MAX) return;
  }
}

/**
 * The recording is closed, then the state moves on. Every step is a compare and set, so that doing it twice changes nothing.
 */
export async function finishOne(
  { broadcasts, recorder, clock }: LeftBehindDeps,
  row: BroadcastRow,
  hold: Hold,
): Promise<void> {
  const totals = await recorder.complete(row.id, hold.write);
  const durationMs = totals?.durationMs ?? 0;
  const endedAtMs = row.startedAtMs === null ? clock.nowMs() : row.startedAtMs + durationMs;
  await broadcasts.advance(row.id, 'grace-over', { endedAtMs }, hold);
  await broadcasts.advance(row.id, 'recording-closed', { durationMs }, hold);
}

/** Ends what was never published; gives the broadcasts that were ended. */
export async function endNeverPublished(deps: LeftBehindDeps): Promise<BroadcastId[]> {
  const { db, broadcasts, clock } = deps;
  const nowMs = clock.nowMs();
  const ended: BroadcastId[] = [];
  for (const row of await listStarting(db.sql, nowMs - STARTING_MAX_MS, ROUND_MAX))
    await guarded(deps, row, async () => {
      const place = await deps.placement.find(row.id);
      if (place && !place.isHere && place.isHeld) return;
      if (await broadcasts.advance(row.id, 'never-published', { endedAtMs: nowMs })) ended.push(row.id);
    });
  return ended;
}

/** One broadcast that cannot be finished must not keep the others, or the start of the server. */
async function guarded(deps: LeftBehindDeps, row: BroadcastRow, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    deps.log.error({ err: cause, broadcastId: row.id }, 'a broadcast that was left behind stays so');
  }
}
