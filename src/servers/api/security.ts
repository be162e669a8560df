import type { FastifyInstance } from 'fastify';

/**
 * Scripts and everything else come from this origin only. The exceptions: players feed media elements and workers with
 * `blob:` addresses, and media-chrome styles its shadow roots inline. `sockets` are this origin's WebSockets, which older browsers do
 * not count as `'self'`.
 */
const policyOf = (sockets: string): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    `connect-src 'self'${sockets}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self), geolocation=(self)',
  'cross-origin-opener-policy': 'same-origin',
};

/** Half a year. Browsers heed it only where they verified the certificate (RFC 6797 section 8.1). */
const HSTS = 'max-age=15552000';

/** Hosts whose policy is remembered: most servers have one. */
const HOSTS_MAX = 64;

/** Puts the security headers on every reply of the instance. Install it once. */
export function installSecurityHeaders(fastify: FastifyInstance, publicUrl: string | null): void {
  const policies = new Map<string, string>();
  const isSecure = publicUrl?.startsWith('https:') ?? false;
  fastify.addHook('onRequest', (request, reply, done) => {
    const host = request.headers.host ?? '';
    let policy = policies.get(host);
    if (policy === undefined) {
      policy = policyOf(socketsOf(host));
      if (policies.size >= HOSTS_MAX) policies.clear();
      policies.set(host, policy);
    }
    reply.headers(headers).header('content-security-policy', policy);
    if (isSecure) reply.header('strict-transport-security', HSTS);
    done();
  });
}

/** A name, or an address in brackets, with a port: nothing that could add to the policy. */
function socketsOf(host: string): string {
  return /^(?:[a-z\d.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i.test(host)
    ? ` ws://${host} wss://${host}`
    : '';
}
