/** Makes a leaked token recognizable to scanners. */
export const TOKEN_PREFIX = 'sky_';

/** SHA-256 in hex. A token carries 256 random bits, so that a fast hash keeps it as well as a slow one. */
export async function hashToken(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('');
}
