import type { FastifyInstance } from 'fastify';
import { Whip, type WhipDeps, type WhipServer } from './endpoint.ts';

export type { WhipDeps, WhipReceived, WhipServer } from './endpoint.ts';

/** Mounts WHIP. The problem handler comes first, on the same instance. */
export function registerWhip(fastify: FastifyInstance, deps: WhipDeps): WhipServer {
  const whip = new Whip(deps);
  whip.signalling.mount(fastify);
  return whip;
}
