import type { Clock } from '#base/clock.ts';
import type { Auth } from './auth.ts';
import { hashToken, TOKEN_PREFIX } from './secrets.ts';
import type { Store } from './store.ts';
import type { CallerHeaders, Viewer } from './types.ts';

interface Deps {
  readonly auth: Auth;
  readonly store: Store;
  readonly clock: Clock;
  readonly secret: string;
}

/**
 * Who calls: by personal access token, else by the sign-in cookie; null for nobody. One indexed read for each call and
 * no cache, so that signing out holds at once. A wrong token is nobody, whatever the cookie says.
 */
export function createAuthenticate({ auth, store, clock, secret }: Deps) {
  const cookieName = auth.$context.then(context => context.authCookies.sessionToken.name);
  const key = crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );

  return async (headers: CallerHeaders): Promise<Viewer | null> => {
    if (headers.authorization !== undefined) return byToken(bearerOf(headers.authorization));
    if (headers.cookie === undefined) return null;
    const signed = cookieOf(headers.cookie, await cookieName);
    const token = signed && (await unsign(signed, await key));
    return token ? store.viewerBySession(token, new Date(clock.nowMs()).toISOString()) : null;
  };

  async function byToken(token: string | null): Promise<Viewer | null> {
    if (!token?.startsWith(TOKEN_PREFIX)) return null;
    return store.viewerByTokenHash(await hashToken(token));
  }
}

/** RFC 6750 section 2.1; the scheme's name has no case. */
function bearerOf(authorization: string): string | null {
  return /^bearer ([\w.~+/=-]{1,200})$/i.exec(authorization)?.[1] ?? null;
}

/** RFC 6265 section 5.4: pairs are separated by `; `. */
function cookieOf(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}

/** better-auth's signed cookie: `token.signature`, percent-encoded, the signature HMAC-SHA-256 in base64. */
async function unsign(value: string, key: CryptoKey): Promise<string | null> {
  try {
    const [token, signature, ...more] = decodeURIComponent(value).split('.');
    if (!token || !signature || more.length > 0) return null;
    const bytes = Uint8Array.from(atob(signature), character => character.charCodeAt(0));
    const good = await crypto.subtle.verify('HMAC', key, bytes, new TextEncoder().encode(token));
    return good ? token : null;
  } catch {
    return null;
  }
}
