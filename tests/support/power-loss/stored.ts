import { createHash } from 'node:crypto';

/** What was said to be kept, from a moment of CLOCK_MONOTONIC on. */
export interface Acknowledged {
  readonly kind: 'blob' | 'journal';
  readonly key: string;
  readonly length: number;
  readonly timeNs: string;
}

/** Bytes that belong to a key: some thousands, never the same. */
export function contentOf(key: string): Uint8Array {
  const seed = createHash('sha256').update(key).digest();
  const bytes = new Uint8Array(2000 + seed.readUInt16LE(0) / 8);
  for (let at = 0; at < bytes.length; at++) bytes[at] = seed[at % 32]! ^ (at >> 5) || 1;
  return bytes;
}
