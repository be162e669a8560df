import type { DBAdapter, DBTransactionAdapter, Where } from '@better-auth/core/db/adapter';
import { hashToken } from './secrets.ts';

/** As better-auth calls the model, whatever the table is called. */
const MODEL = 'session';

interface Request {
  readonly model: string;
  readonly where?: Where[] | undefined;
  readonly data?: { readonly token?: unknown };
  readonly update?: { readonly token?: unknown };
}

/**
 * The adapter, of which the database sees the SHA-256 of a session's token alone: a copy of the database opens nothing.
 * What is made or looked up by its token comes back with the token that was given.
 */
export function withHashedTokens(inner: DBAdapter): DBAdapter {
  return {
    ...hashing(inner),
    transaction: callback => inner.transaction(trx => callback(hashing(trx))),
  };
}

function hashing<Adapter extends DBTransactionAdapter>(inner: Adapter): Adapter {
  const asked =
    <Given extends Request, Answer>(ask: (request: Given) => Promise<Answer>) =>
    async (request: Given): Promise<Answer> => {
      if (request.model !== MODEL) return ask(request);
      const tokens = new Map<string, string>();
      const answer = await ask(await hashedRequest(request, tokens));
      return withTokens(answer, tokens);
    };
  return {
    ...inner,
    create: asked(inner.create),
    findOne: asked(inner.findOne),
    findMany: asked(inner.findMany),
    count: asked(inner.count),
    update: asked(inner.update),
    updateMany: asked(inner.updateMany),
    delete: asked(inner.delete),
    deleteMany: asked(inner.deleteMany),
    consumeOne: asked(inner.consumeOne),
    incrementOne: asked(inner.incrementOne),
  };
}

/** `tokens` takes every token by its hash. */
async function hashedRequest<Given extends Request>(
  request: Given,
  tokens: Map<string, string>,
): Promise<Given> {
  const hashed = async (token: string) => {
    const hash = await hashToken(token);
    tokens.set(hash, token);
    return hash;
  };
  const fields = async <Fields extends { readonly token?: unknown }>(given: Fields) =>
    typeof given.token === 'string' ? { ...given, token: await hashed(given.token) } : given;
  const condition = async (where: Where): Promise<Where> => {
    if (where.field !== 'token') return where;
    if (Array.isArray(where.value))
      return { ...where, value: await Promise.all(where.value.map(token => hashed(String(token)))) };
    return { ...where, value: await hashed(String(where.value)) };
  };
  return {
    ...request,
    ...(request.where ? { where: await Promise.all(request.where.map(condition)) } : {}),
    ...(request.data ? { data: await fields(request.data) } : {}),
    ...(request.update ? { update: await fields(request.update) } : {}),
  };
}

function withTokens<Answer>(answer: Answer, tokens: ReadonlyMap<string, string>): Answer {
  if (Array.isArray(answer)) return answer.map(row => withTokens(row, tokens)) as Answer;
  const hash = (answer as { token?: unknown } | null)?.token;
  const token = typeof hash === 'string' ? tokens.get(hash) : undefined;
  return token === undefined ? answer : { ...answer, token };
}
