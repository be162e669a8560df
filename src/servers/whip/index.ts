import type { FastifyInstance } from 'fastify';
import { crossOriginHeaders, ICE_FRAGMENT_TYPE, preflightHeaders, SDP_TYPE } from '#contract/webrtc-http.ts';
import { SDP_BYTES_MAX } from '#media/sdp/limits.ts';
import { type Place, type SessionPlace, Whip, type WhipDeps, type WhipServer } from './endpoint.ts';

export type { WhipDeps, WhipReceived, WhipServer } from './endpoint.ts';

const ENDPOINT = '/whip/:broadcastId';
const SESSION = '/whip/:broadcastId/:sessionId';

/** Mounts WHIP. The problem handler comes first, on the same instance. */
export function registerWhip(fastify: FastifyInstance, deps: WhipDeps): WhipServer {
  const whip = new Whip(deps);
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
    scope.post<{ Params: Place }>(ENDPOINT, (request, reply) => whip.post(request, reply));
    scope.patch<{ Params: SessionPlace }>(SESSION, (request, reply) => whip.patch(request, reply));
    scope.delete<{ Params: SessionPlace }>(SESSION, (request, reply) => whip.delete(request, reply));
  });
  return whip;
}
