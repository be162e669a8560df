import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '#contract/errors.ts';

/**
 * Keeps other sites from acting with a visitor's cookie. Browsers say where an unsafe request comes from by
 * `Sec-Fetch-Site`, older ones by `Origin`; a caller with neither is no browser, and one with a Bearer token was not
 * led by a cookie.
 */
export function refuseForeignOrigin(headers: IncomingHttpHeaders, publicUrl: string | null): void {
  if (headers.authorization !== undefined) return;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return;
  } else {
    const { origin } = headers;
    if (origin === undefined || origin === publicUrl) return;
    if (hostOf(origin) === headers.host) return;
  }
  throw new Refusal('not-allowed', 'This request comes from another site.');
}

function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host ?? null;
}
