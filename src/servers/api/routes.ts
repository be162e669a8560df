import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { type TObject, Type } from 'typebox';
import type { Callers } from '#base/callers.ts';
import type { MethodShape } from '#contract/api/method.ts';
import { Refusal } from '#contract/errors.ts';
import type { AnyHandler, Services, Viewer } from './handler.ts';
import type { RateLimits } from './limits.ts';
import { refuseForeignOrigin } from './origin.ts';
import { BODY_BYTES_MAX } from './problems.ts';
import { validatorCompiler } from './validation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set before the body is read. */
    viewer: Viewer | null;
  }
}

export interface MountDeps {
  readonly services: Services;
  readonly callers: Callers;
  readonly rateLimits: RateLimits;
  readonly publicUrl: string | null;
}

/** The call as `run` takes it: its types were checked against the contract where the handler was written. */
type Run = (call: unknown) => Promise<unknown>;

const nothing: TObject = Type.Object({}, { additionalProperties: false });

/** Mounts one handler at its method's address, with its method's schemas. */
export function mount(fastify: FastifyInstance, { method, run }: AnyHandler, deps: MountDeps): void {
  fastify.route({
    method: method.verb as HTTPMethods,
    url: method.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: BODY_BYTES_MAX,
    validatorCompiler,
    schema: schemaOf(method),
    onRequest: (request, reply) => admit(method, request, reply, deps),
    preHandler: async request => {
      if (method.name === 'signIn') deps.rateLimits.takeLogin((request.body as { login: string }).login);
    },
    handler: async (request, reply) => {
      const result = await (run as Run)(callOf(method, request, reply, deps));
      reply.code(method.status);
      return method.status === 204 ? reply.send() : result;
    },
  });
}

function schemaOf(method: MethodShape) {
  return {
    params: method.params ?? nothing,
    querystring: method.query ?? nothing,
    ...(method.verb === 'GET' ? {} : { body: method.body ?? nothing }),
    ...(method.reply ? { response: { [method.status]: method.reply } } : {}),
  };
}

/** Everything that can be said before the body is read: whence, who, how often. */
async function admit(
  method: MethodShape,
  request: FastifyRequest,
  reply: FastifyReply,
  { services, callers, rateLimits, publicUrl }: MountDeps,
): Promise<void> {
  reply.header('cache-control', 'no-store');
  if (method.verb !== 'GET') refuseForeignOrigin(request.headers, publicUrl);
  request.viewer = method.auth === 'none' ? null : await services.accounts.authenticate(request.headers);
  rateLimits.take(method.name, request.viewer?.id ?? null, callers.placeOf(request.raw));
  if (method.auth === 'required' && !request.viewer) throw new Refusal('sign-in-required');
}

function callOf(
  method: MethodShape,
  request: FastifyRequest,
  reply: FastifyReply,
  { services, callers }: MountDeps,
) {
  return {
    params: request.params,
    query: request.query,
    body: method.body ? request.body : undefined,
    viewer: request.viewer,
    services,
    headers: request.headers,
    place: callers.placeOf(request.raw),
    setCookies: (lines: readonly string[]) => {
      reply.header('set-cookie', lines);
    },
  };
}
