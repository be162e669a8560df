import { systemClock } from '#base/clock.ts';
import { FairTurns, type FairTurnsDeps } from '#base/fair-turns.ts';

/** As the server has them. */
export function newTurns(bounds: Partial<FairTurnsDeps> = {}): FairTurns {
  return new FairTurns({
    clock: systemClock,
    afterInput: setImmediate,
    afterWork: run => queueMicrotask(() => process.nextTick(run)),
    inWorkMax: 12,
    turnMs: 3,
    ...bounds,
  });
}
