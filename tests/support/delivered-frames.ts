import assert from 'node:assert/strict';
import type { Unit, VideoUnit } from '#media/unit.ts';
import type { SimulatedPublisher } from './simulated-publisher.ts';

const textOf = (slice: Uint8Array): string => Buffer.from(slice).toString('base64');

/** Which of a publisher's frames came out, by number; -1 for what it never sent so. */
export function framesOf(publisher: SimulatedPublisher, units: readonly VideoUnit[]): number[] {
  const numbers = new Map(publisher.frames.map(({ slice }, number) => [textOf(slice), number]));
  return units.map(unit => numbers.get(textOf(unit.nals.at(-1)!)) ?? -1);
}

/** As `framesOf`, of which only whole ones came out, from one of the first `firstMax` on. */
export function delivered(publisher: SimulatedPublisher, units: readonly VideoUnit[], firstMax: number) {
  const positions = framesOf(publisher, units);
  // Nothing tells a receiver of packets that were lost before the first one or after the last one that came.
  assert.ok(positions[0]! <= firstMax, `the first whole key frame was frame ${positions[0]}`);
  assert.ok(!positions.includes(-1), 'only whole frames come out');
  return positions;
}

/** After which frames others are missing. */
export const gaps = (positions: readonly number[]): number[] =>
  positions.filter((position, i) => i > 0 && position !== positions[i - 1]! + 1);

export function assertOrdered(units: readonly Unit[]): void {
  for (const [i, unit] of units.entries()) {
    assert.ok(Number.isSafeInteger(unit.pts) && unit.pts >= 0, `timestamp ${unit.pts}`);
    if (i > 0) assert.ok(unit.pts > units[i - 1]!.pts, 'timestamps strictly increase');
  }
}
