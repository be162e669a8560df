import type { Place } from '#base/address.ts';
import { isSecret } from '#base/ids.ts';
import type { Cookies } from './cookies.ts';
import { hashToken, TOKEN_PREFIX } from './secrets.ts';
import type { Sessions } from './sessions.ts';
import type { Tokens } from './tokens.ts';
import type { CallerHeaders, Viewer } from './types.ts';

interface Deps {
  readonly cookies: Cookies;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
}

/**
 * Who calls: by personal access token, else by the sign-in cookie; null for nobody. One indexed read for each call and
 * no cache, so that revoking holds at once. A wrong token is nobody, whatever the cookie says. `place` is where it is
 * used from.
 */
export function createAuthenticate({ cookies, sessions, tokens }: Deps) {
  return async (headers: CallerHeaders, place?: Place): Promise<Viewer | null> => {
    if (headers.authorization !== undefined) {
      const token = bearerOf(headers.authorization);
      return token !== null && isToken(token) ? tokens.used(await hashToken(token)) : null;
    }
    const token = await cookies.token(headers.cookie);
    return token ? sessions.used(await hashToken(token), place) : null;
  };
}

/** What cannot be a token is not looked for. */
function isToken(text: string): boolean {
  return text.startsWith(TOKEN_PREFIX) && isSecret(text.slice(TOKEN_PREFIX.length));
}

/** RFC 6750 section 2.1; the scheme's name has no case. */
function bearerOf(authorization: string): string | null {
  return /^bearer ([\w.~+/=-]{1,200})$/i.exec(authorization)?.[1] ?? null;
}
