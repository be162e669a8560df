import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { Refusal } from '#contract/errors.ts';
import type { Db } from '#ports/db.ts';
import type { Metrics } from './metrics.ts';

export interface HealthDeps {
  readonly db: Db;
  readonly metrics: Metrics;
}

/** `/healthz`: the process answers. `/readyz`: the database does too. `/metrics`: Prometheus text. */
export function registerHealth(fastify: FastifyInstance, { db, metrics }: HealthDeps): void {
  fastify.get('/healthz', async () => ({ status: 'ok' }));
  fastify.get('/readyz', async () => {
    await sql`select 1`.execute(db.sql).catch(() => {
      throw new Refusal('unavailable', 'The database does not answer.');
    });
    return { status: 'ok' };
  });
  fastify.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}
