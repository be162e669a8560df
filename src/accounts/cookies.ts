import type { Auth } from './auth.ts';
import { codeFor, isSame } from './secrets.ts';

/** As long as a browser keeps one. How long a session lasts is decided here, not by its cookie. */
const COOKIE_MAX_S = 400 * 24 * 3600;
const encoder = new TextEncoder();

/** A browser that somebody signed in with before. */
export interface KnownDevice {
  readonly id: string;
  readonly accountId: string;
}

/** Reads and writes the two cookies: who is signed in, and which account signed in here before. */
export function createCookies({ auth, key }: { auth: Auth; key: Promise<CryptoKey> }) {
  const settings = auth.$context.then(({ authCookies }) => {
    const { name, attributes } = authCookies.sessionToken;
    return {
      name,
      deviceName: name.replace(/session_token$/, 'device'),
      isSecure: attributes.secure === true,
    };
  });

  async function lineOf(name: string, value: string, maxAgeS: number): Promise<string> {
    const secure = (await settings).isSecure ? '; Secure' : '';
    return `${name}=${value}; Max-Age=${maxAgeS}; Path=/; HttpOnly${secure}; SameSite=Lax`;
  }

  const cookies = {
    /** The session's token that a cookie header carries with our signature. */
    async token(header: string | undefined): Promise<string | null> {
      const signed = header === undefined ? null : cookieOf(header, (await settings).name);
      return signed && unsign(signed, await key);
    },

    async signedIn(token: string): Promise<string> {
      return lineOf((await settings).name, await sign(token, await key), COOKIE_MAX_S);
    },

    async signedOut(): Promise<string> {
      return lineOf((await settings).name, '', 0);
    },

    async device(header: string | undefined): Promise<KnownDevice | null> {
      const value = header === undefined ? null : cookieOf(header, (await settings).deviceName);
      const [, accountId, id, code] = /^(\w{1,40})\.(\w{1,40})\.(\w{40})$/.exec(value ?? '') ?? [];
      if (!accountId || !id || !code) return null;
      return isSame(code, await codeFor(await key, `device ${accountId} ${id}`)) ? { id, accountId } : null;
    },

    async known({ id, accountId }: KnownDevice): Promise<string> {
      const code = await codeFor(await key, `device ${accountId} ${id}`);
      return lineOf((await settings).deviceName, `${accountId}.${id}.${code}`, COOKIE_MAX_S);
    },
  };
  return cookies;
}

export type Cookies = ReturnType<typeof createCookies>;

/** RFC 6265 section 5.4: pairs are separated by `; `. */
function cookieOf(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}

/** As better-auth signs: `token.signature`, percent-encoded, the signature HMAC-SHA-256 in base64. */
async function sign(token: string, key: CryptoKey): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(token));
  return encodeURIComponent(`${token}.${btoa(String.fromCharCode(...new Uint8Array(signature)))}`);
}

async function unsign(value: string, key: CryptoKey): Promise<string | null> {
  try {
    const [token, signature, ...more] = decodeURIComponent(value).split('.');
    if (!token || !signature || more.length > 0) return null;
    const bytes = Uint8Array.from(atob(signature), character => character.charCodeAt(0));
    return (await crypto.subtle.verify('HMAC', key, bytes, encoder.encode(token))) ? token : null;
  } catch {
    return null;
  }
}
