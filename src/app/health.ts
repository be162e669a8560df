import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { LOOPBACK, Networks } from '#base/address.ts';
import type { Callers } from '#base/callers.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import { bearerToken } from '#contract/webrtc-http.ts';
import type { Metrics } from './metrics.ts';

export interface HealthDeps {
  readonly metrics: Metrics;
  readonly callers: Callers;
  readonly log: Logger;
  /** Rejects while nothing can be stored. */
  readonly probe: () => Promise<void>;
  /** What opens `/metrics` to who is not on this machine. */
  readonly metricsToken: string | null;
}

/**
 * `/healthz`: the process answers. `/readyz`: the database does too, and what people make can be stored. `/metrics`: Prometheus
 * text, for this machine and whoever has its token; there is nothing there for others.
 */
export function registerHealth(fastify: FastifyInstance, deps: HealthDeps): void {
  const { metrics, log, probe } = deps;
  fastify.get('/healthz', async () => ({ status: 'ok' }));
  fastify.get('/readyz', async () => {
    await probe().catch((cause: unknown) => {
      log.error({ err: cause }, 'not ready: nothing can be stored');
      throw new Refusal('storage-full', 'Nothing can be stored: the log says why.');
    });
    return { status: 'ok' };
  });
  fastify.get('/metrics', async (request, reply) => {
    if (!mayMeasure(request.raw, deps)) throw new Refusal('not-found', 'Nothing is at /metrics.');
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}

const loopback = Networks.parse(LOOPBACK)!;

function mayMeasure(request: IncomingMessage, { callers, metricsToken }: HealthDeps): boolean {
  if (loopback.has(callers.addressOf(request))) return true;
  const given = bearerToken(request.headers.authorization);
  return metricsToken !== null && given !== null && timingSafeEqual(digest(given), digest(metricsToken));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
