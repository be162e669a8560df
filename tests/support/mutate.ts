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

/** Runs one input and fails, with the input, when it takes longer than `INPUT_MS_MAX`. */
export function timed(input: Uint8Array | string, run: () => void): void {
  const started = performance.now();
  run();
  const tookMs = performance.now() - started;
  // One slow run may be the machine's: only an input that is slow again is at fault.
  if (tookMs > INPUT_MS_MAX) {
    const again = performance.now();
    run();
    const againMs = performance.now() - again;
    if (againMs > INPUT_MS_MAX) throw new Error(`${againMs.toFixed()} ms for ${describe(input)}`);
  }
}

export const INPUT_MS_MAX = 50;

function describe(input: Uint8Array | string): string {
  return typeof input === 'string'
    ? JSON.stringify(input.slice(0, 2000))
    : Buffer.from(input).toString('hex');
}
