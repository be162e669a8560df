import type { FastifyInstance } from 'fastify';
import type { Callers } from '#base/callers.ts';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Answers } from '#ports/answers.ts';
import { installDocs } from './docs/index.ts';
import type { AnyHandler, Services } from './handler.ts';
import { type Limits, limits, RateLimits } from './limits.ts';
import { Once } from './once.ts';
import { mount } from './routes.ts';

export type { AnyHandler, Services } from './handler.ts';
export { type Limits, limits } from './limits.ts';
export {
  answerClientError,
  answerFrameworkError,
  BODY_BYTES_MAX,
  HEADER_BYTES_MAX,
  installProblems,
  refusalOf,
  sendProblem,
} from './problems.ts';
export { installSecurityHeaders } from './security.ts';

export interface ApiDeps {
  readonly handlers: readonly AnyHandler[];
  readonly services: Services;
  /** Where answers to requests that create are kept, for those that come again. */
  readonly answers: Answers;
  /** Seals them. */
  readonly secret: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly callers: Callers;
  /** Origin that people use, without a trailing slash; null when any address will do. */
  readonly publicUrl: string | null;
  /** Other allowances than the usual ones; for measurements. */
  readonly limits?: Limits;
}

/** Mounts the API and its documentation. `installProblems` comes first, on the same instance. */
export function registerApi(fastify: FastifyInstance, deps: ApiDeps): void {
  const { services, callers, publicUrl } = deps;
  const once = new Once(deps);
  const rateLimits = new RateLimits(deps.clock, deps.limits ?? limits);
  fastify.register(async scope => {
    scope.decorateRequest('viewer', null);
    takeOnlyJson(scope);
    for (const handler of deps.handlers)
      mount(scope, handler, { services, callers, rateLimits, once, publicUrl });
    installDocs(scope);
  });
}

/** A body is JSON or absent; an absent one is an empty object, which methods without a body take. */
function takeOnlyJson(scope: FastifyInstance): void {
  const parseJson = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {});
    else void parseJson(request, body as string, done);
  });
  scope.addContentTypeParser('*', (_request, _payload, done) =>
    done(new Refusal('unsupported-media-type', 'Send the body as application/json.')),
  );
  scope.addHook('preValidation', async request => {
    request.body ??= {};
  });
}
