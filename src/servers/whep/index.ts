import type { FastifyInstance } from 'fastify';
import { crossOriginHeaders, ICE_FRAGMENT_TYPE, preflightHeaders, SDP_TYPE } from '#contract/webrtc-http.ts';
import { SDP_BYTES_MAX } from '#media/sdp/limits.ts';
import { type Place, type SessionPlace, Whep, type WhepDeps, type WhepServer } from './endpoint.ts';

export type { WhepDeps, WhepSent, WhepServer } from './endpoint.ts';

const ENDPOINT = '/whep/:broadcastId';
const SESSION = '/whep/:broadcastId/:sessionId';

/** Mounts WHEP. The problem handler comes first, on the same instance. */
export function registerWhep(fastify: FastifyInstance, deps: WhepDeps): WhepServer {
  const whep = new Whep(deps);
  fastify.register(async scope => {
    scope.removeAllContentTypeParsers();
    const parse = { parseAs: 'string', bodyLimit: SDP_BYTES_MAX } as const;
    scope.addContentTypeParser([SDP_TYPE, ICE_FRAGMENT_TYPE], parse, (_request, body, done) =>
      done(null, body),
    );
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers(crossOriginHeaders);
    });
    scope.options(ENDPOINT, (_request, reply) => reply.headers(preflightHeaders(['POST'])).send());
    scope.options(SESSION, (_request, reply) => reply.headers(preflightHeaders(['PATCH', 'DELETE'])).send());
    scope.post<{ Params: Place }>(ENDPOINT, (request, reply) => whep.post(request, reply));
    scope.patch<{ Params: SessionPlace }>(SESSION, (request, reply) => whep.patch(request, reply));
    scope.delete<{ Params: SessionPlace }>(SESSION, (request, reply) => whep.delete(request, reply));
  });
  return whep;
}
