/** Makes a leaked token recognizable to scanners. */
export const TOKEN_PREFIX = 'sky_';

const encoder = new TextEncoder();

/** SHA-256 in hex. A token carries 256 random bits, so that a fast hash keeps it as well as a slow one. */
export async function hashToken(token: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', encoder.encode(token)));
}

export function signingKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify']);
}

/** A code that only who knows the secret can make, 160 bits in hex. `purpose` keeps one kind from standing for another. */
export async function codeFor(key: CryptoKey, purpose: string): Promise<string> {
  return hex(await crypto.subtle.sign('HMAC', key, encoder.encode(purpose))).slice(0, 40);
}

/** Compares in the same time wherever two texts differ. */
export function isSame(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length;
  for (let i = 0; i < wanted.length; i++) difference |= given.charCodeAt(i) ^ wanted.charCodeAt(i);
  return difference === 0;
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), byte => byte.toString(16).padStart(2, '0')).join('');
}
