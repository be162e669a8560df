import { refuse } from './limits.ts';

/** Bytes of the hashes that a certificate may be known by, the preferred one first (RFC 8122 section 5). SHA-1 proves too little. */
const HASH_BYTES = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 } as const;

/**
 * Of the values of `a=fingerprint` the one that counts: they may be several of one certificate, each by another hash. Of several
 * certificates by one hash the first counts. Throws `MediaError` `no-fingerprint`.
 */
export function fingerprintOf(values: readonly string[]): string {
  const prints = values.map(value => {
    const [hash = '', bytes = ''] = value.trim().split(/ +/, 2);
    return { hash: hash.toLowerCase(), bytes: bytes.toUpperCase() };
  });
  for (const [hash, length] of Object.entries(HASH_BYTES)) {
    const found = prints.find(print => print.hash === hash && isHex(print.bytes, length));
    if (found) return `${hash} ${found.bytes}`;
  }
  return refuse('no-fingerprint', 'a=fingerprint with sha-256, sha-384 or sha-512 is missing or malformed');
}

/** Pairs of upper-case digits between colons. */
const isHex = (text: string, bytes: number): boolean =>
  text.length === 3 * bytes - 1 && /^[0-9A-F]{2}(?::[0-9A-F]{2})*$/.test(text);
