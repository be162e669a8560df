import type { Seeded } from './seeded.ts';

/** A few random changes to bytes: flipped, cut, doubled, inserted, set to an edge. */
export function mutate(random: Seeded, original: Uint8Array): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let i = 1 + random.below(6); i > 0; i--) bytes = change(random, bytes);
  return bytes;
}

function change(random: Seeded, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = random.below(1 + Math.min(64, bytes.length - at));
  switch (random.below(6)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)]!;
      return bytes;
    case 2:
      return bytes.slice(0, at);
    case 3:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
    default:
      return Uint8Array.from([...bytes.subarray(0, at), ...random.bytes(length), ...bytes.subarray(at)]);
  }
}

/** The lines of a text with up to eleven of them repeated elsewhere or left out. */
export function mutateLines(random: Seeded, original: readonly string[]): string[] {
  const lines = [...original];
  for (let i = random.below(12); i > 0; i--) {
    const from = random.below(lines.length);
    if (random.chance(0.5)) lines.splice(random.below(lines.length), 0, lines[from]!);
    else lines.splice(from, 1);
  }
  return lines;
}

/** What one input may cost, milliseconds of processor time. */
export const INPUT_MS_MAX = 50;
/** No collection of garbage takes this long; an input that does is at fault, the first time. */
const FIRST_MS_MAX = 500;
const TRIES = 3;

/**
 * Runs one input and fails, with the input, when it costs more than `INPUT_MS_MAX` of this thread's processor time. That is
 * the one assertion of time outside the benches: an input must not be able to hold everybody else up.
 */
export function timed(input: Uint8Array | string, run: () => void): void {
  const firstMs = costMs(run);
  let leastMs = firstMs;
  // One slow run may have had garbage to collect: only an input that is slow again is at fault.
  for (let i = 1; i < TRIES && leastMs > INPUT_MS_MAX; i++) leastMs = Math.min(leastMs, costMs(run));
  if (leastMs > INPUT_MS_MAX || firstMs > FIRST_MS_MAX)
    throw new Error(`${firstMs.toFixed()} ms, then ${leastMs.toFixed()} ms, for ${describe(input)}`);
}

function costMs(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function describe(input: Uint8Array | string): string {
  return typeof input === 'string'
    ? JSON.stringify(input.slice(0, 2000))
    : Buffer.from(input.subarray(0, 2000)).toString('hex');
}
