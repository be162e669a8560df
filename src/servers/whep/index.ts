import type { FastifyInstance } from 'fastify';
import { Whep, type WhepDeps, type WhepServer } from './endpoint.ts';

export type { Load } from './capacity.ts';
export type { WhepDeps, WhepSent, WhepServer } from './endpoint.ts';

/** Mounts WHEP. The problem handler comes first, on the same instance. */
export function registerWhep(fastify: FastifyInstance, deps: WhepDeps): WhepServer {
  const whep = new Whep(deps);
  whep.signalling.mount(fastify);
  return whep;
}
