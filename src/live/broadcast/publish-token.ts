/** What is stored instead of a publish token: its SHA-256, in lower-case hex. A 256-bit secret needs no salt and no stretching. */
export async function hashPublishToken(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether `token` is the one that was hashed; takes the same time wherever they differ. */
export async function matchesPublishToken(token: string, hash: string): Promise<boolean> {
  const given = await hashPublishToken(token);
  let difference = given.length ^ hash.length;
  for (let i = 0; i < given.length; i++) difference |= given.charCodeAt(i) ^ hash.charCodeAt(i % hash.length);
  return difference === 0;
}
