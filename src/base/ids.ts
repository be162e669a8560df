import type { Clock } from './clock.ts';

/** An opaque string id that sorts by time. The brand keeps an account's id from being passed as a post's. */
export type Id<Kind extends string> = string & { readonly __kind?: Kind };
export type AccountId = Id<'account'>;
export type PostId = Id<'post'>;
export type BroadcastId = Id<'broadcast'>;
export type CommentId = Id<'comment'>;

/** Makes ids and secrets. Secrets carry 256 bits and are url-safe. */
export interface Ids {
  next<Kind extends string>(): Id<Kind>;
  secret(): string;
}

/** 256 bits, five in each character. */
const SECRET_LENGTH = 52;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * ULID in lower case: 48 bits of milliseconds, then 80 random bits that count up within one millisecond,
 * so that ids of one process are strictly increasing. Source: github.com/ulid/spec.
 */
export function createIds(clock: Clock, fillRandom: (bytes: Uint8Array) => void): Ids {
  let lastMs = 0;
  const random = new Uint8Array(10);
  const next = (): string => {
    const nowMs = clock.nowMs();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      fillRandom(random);
      random[0]! &= 0x7f; // leaves room to count up
    } else {
      increment(random);
    }
    return encodeTime(lastMs) + encodeBits(random, 16);
  };
  const secret = (): string => {
    const bytes = new Uint8Array(32);
    fillRandom(bytes);
    return encodeBits(bytes, SECRET_LENGTH);
  };
  return { next, secret };
}

function increment(bytes: Uint8Array): void {
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = (bytes[i]! + 1) & 0xff;
    if (bytes[i] !== 0) return;
  }
}

function encodeTime(ms: number): string {
  let out = '';
  for (let i = 0, rest = ms; i < 10; i++, rest = Math.floor(rest / 32)) out = ALPHABET[rest % 32] + out;
  return out;
}

function encodeBits(bytes: Uint8Array, characters: number): string {
  let out = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  if (bits > 0) out += ALPHABET[(value << (5 - bits)) & 31];
  return out.slice(0, characters);
}

/** Whether a string has the shape of a `secret()`: what has not cannot be one, and need not be looked for. */
export function isSecret(text: string): boolean {
  return text.length === SECRET_LENGTH && /^[0-9a-z]*$/.test(text);
}

/** Whether a string has the shape of an id; cheap enough for every path parameter. */
export function isId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{26}$/.test(text);
}
