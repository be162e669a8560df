import { methods } from '#contract/api/index.ts';
import type { MethodShape } from '#contract/api/method.ts';
import * as types from '#contract/api/types.ts';
import { type ErrorCode, errors } from '#contract/errors.ts';
import { publicSchema, type Schema } from './schemas.ts';

/** Refusals that any method may give, besides its own. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid-request',
  'too-many-requests',
  'internal',
  'unavailable',
  'storage-full',
];

const named = {
  Account: types.Account,
  AccountSummary: types.AccountSummary,
  Post: types.Post,
  PostBroadcast: types.PostBroadcast,
  Broadcast: types.Broadcast,
  BroadcastState: types.BroadcastState,
  Comment: types.Comment,
};

/** Every code that a method may answer with: its own, and those that follow from its shape. */
export function codesOf(method: MethodShape): ErrorCode[] {
  const codes: ErrorCode[] = [...method.errors, ...ALWAYS];
  if (method.auth === 'required') codes.push('sign-in-required');
  if (method.auth !== 'none') codes.push('scope-missing');
  if (method.creates) codes.push('key-reused', 'still-working');
  if (method.verb !== 'GET') codes.push('not-allowed', 'too-large', 'unsupported-media-type');
  return [...new Set(codes)].sort();
}

/** The OpenAPI 3.1 document, made of the contract and nothing else. */
export function openApi() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const method of Object.values<MethodShape>(methods)) {
    paths[method.path] ??= {};
    paths[method.path]![method.verb.toLowerCase()] = operationOf(method);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Skylark',
      version: '1',
      description:
        'Sign in for a cookie, or send a personal access token as Bearer. Errors are RFC 9457 problem documents ' +
        'whose `code` is one of a closed catalogue. Lists are `{ items, nextCursor }`, times RFC 3339, ids opaque.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A personal access token; operations name the scope it needs',
        },
        cookie: { type: 'apiKey', in: 'cookie', name: 'skylark.session_token' },
      },
    },
  };
}

function operationOf(method: MethodShape) {
  return {
    operationId: method.name,
    summary: method.summary,
    security: securityOf(method),
    parameters: [
      ...parametersOf(method.params, 'path'),
      ...parametersOf(method.query, 'query'),
      ...(method.creates ? [keyParameter] : []),
    ],
    ...(method.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: publicSchema(method.body, named) } },
          },
        }
      : {}),
    responses: { [method.status]: successOf(method), ...refusalsOf(method) },
  };
}

const keyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Chosen by the caller, new for every new request: what is sent twice with one key within a day exists once',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

function securityOf(method: MethodShape) {
  if (method.auth === 'none') return [];
  const known = [{ token: method.scope === null ? [] : [method.scope] }, { cookie: [] }];
  return method.auth === 'optional' ? [{}, ...known] : known;
}

function parametersOf(schema: MethodShape['params'], place: 'path' | 'query') {
  const required: readonly string[] = (schema as { required?: string[] } | undefined)?.required ?? [];
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: publicSchema(property, named),
  }));
}

function successOf(method: MethodShape) {
  if (!method.reply) return { description: 'Done' };
  return {
    description: method.summary,
    content: { 'application/json': { schema: publicSchema(method.reply, named) } },
  };
}

/** One response for each status, which names the codes that come with it. */
function refusalsOf(method: MethodShape) {
  const byStatus = Object.groupBy(codesOf(method), code => String(errors[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      {
        description: codes.map(code => `\`${code}\`: ${errors[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

function schemas(): Record<string, Schema> {
  const entries = Object.entries(named).map(([name, schema]) => [name, publicSchema(schema, named, name)]);
  return { ...Object.fromEntries(entries), Problem: problemSchema() };
}

function problemSchema(): Schema {
  const text = { type: 'string' };
  return {
    type: 'object',
    description: 'RFC 9457',
    required: ['type', 'title', 'status', 'code', 'detail', 'advice'],
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      code: { type: 'string', enum: Object.keys(errors) },
      detail: { type: 'string', description: 'What was wrong this time' },
      advice: { type: 'string', description: 'What to do next' },
    },
  };
}
