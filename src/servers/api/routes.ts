import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { type TObject, Type } from 'typebox';
import type { Client } from '#accounts/index.ts';
import type { Callers } from '#base/callers.ts';
import type { MethodShape } from '#contract/api/method.ts';
import { Refusal } from '#contract/errors.ts';
import type { AnyHandler, Services, Viewer } from './handler.ts';
import type { RateLimits } from './limits.ts';
import { idempotencyKey, type Once, type Outcome } from './once.ts';
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
  readonly once: Once;
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
    handler: async (request, reply) => {
      const { result, cookies } = await outcomeOf(method, run as Run, request, deps);
      if (cookies.length > 0) reply.header('set-cookie', cookies);
      reply.code(method.status);
      return method.status === 204 ? reply.send() : result;
    },
  });
}

/** Runs the method; of those that create, once for each key that a caller gives. */
function outcomeOf(
  method: MethodShape,
  run: Run,
  request: FastifyRequest,
  deps: MountDeps,
): Promise<Outcome> {
  const work = async (): Promise<Outcome> => {
    const cookies: string[] = [];
    const result = await run(callOf(method, request, cookies, deps));
    return { result, cookies };
  };
  const key = method.creates ? idempotencyKey(request.headers['idempotency-key']) : undefined;
  if (key === undefined) return work();
  const { name } = method;
  const callerId = request.viewer?.id ?? 'nobody';
  return deps.once.run({ key, callerId, method: name, address: request.url, body: request.body }, work);
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
  const place = callers.placeOf(request.raw);
  if (method.auth !== 'none' && request.headers.authorization !== undefined)
    rateLimits.beforeToken(method.name, place);
  request.viewer =
    method.auth === 'none' ? null : await services.accounts.authenticate(request.headers, place);
  rateLimits.take(method.name, request.viewer?.id ?? null, place);
  if (method.auth === 'required' && !request.viewer) throw new Refusal('sign-in-required');
  refuseWithoutScope(method, request.viewer);
}

/** The one place that asks what a token was made for. */
function refuseWithoutScope({ scope, name }: MethodShape, viewer: Viewer | null): void {
  if (!viewer || scope === null || viewer.credential.scopes.includes(scope)) return;
  throw new Refusal('scope-missing', `${name} needs a token with the scope \`${scope}\`.`);
}

function clientOf(request: FastifyRequest, callers: Callers): Client {
  const { cookie, 'user-agent': userAgent } = request.headers;
  return { place: callers.placeOf(request.raw), userAgent, cookie };
}

function callOf(
  method: MethodShape,
  request: FastifyRequest,
  cookies: string[],
  { services, callers }: MountDeps,
) {
  return {
    params: request.params,
    query: request.query,
    body: method.body ? request.body : undefined,
    viewer: request.viewer,
    services,
    headers: request.headers,
    client: clientOf(request, callers),
    setCookies: (lines: readonly string[]) => {
      cookies.push(...lines);
    },
  };
}
