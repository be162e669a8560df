import { systemClock } from '#base/clock.ts';
import { Slices } from '#base/slices.ts';

/** As the server has them. */
export function newSlices(): Slices {
  return new Slices({ clock: systemClock, afterInput: setImmediate });
}
