import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { AccountsDeps } from '#accounts/index.ts';
import { createDbAnswers } from '#adapters/answers-db/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { createIds, type Ids } from '#base/ids.ts';
import { type Logger, silentLogger } from '#base/log.ts';
import { scopes } from '#contract/scopes.ts';
import type { Db, Migrations } from '#ports/db.ts';
import {
  type AnyHandler,
  answerClientError,
  answerFrameworkError,
  installProblems,
  installSecurityHeaders,
  registerApi,
  type Services,
} from '#servers/api/index.ts';
import { createTestAccounts, testClient, viewerOf } from './accounts.ts';
import { testCallers } from './callers.ts';

export interface TestApi {
  readonly url: string;
  readonly port: number;
  readonly clock: FakeClock;
  readonly services: Services;
  /** A Bearer header of a new account. */
  signUp(handle: string): Promise<{ readonly authorization: string }>;
  call(verb: string, path: string, options?: CallOptions): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string goes as it is. */
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  readonly body: any;
}

/** What other domains are made of. */
export interface ApiBase {
  readonly accounts: Services['accounts'];
  readonly db: Db;
  readonly ids: Ids;
  readonly clock: FakeClock;
}

interface Options {
  readonly handlers: readonly AnyHandler[];
  /** Adds what the handlers ask besides accounts, and the tables it needs. */
  readonly extend?: (base: ApiBase) => { services: Partial<Services>; migrations: Migrations };
  readonly publicUrl?: string | null;
  readonly accounts?: Partial<AccountsDeps>;
  readonly log?: Logger;
  /** Routes beside the API, as other servers mount them. */
  readonly also?: (fastify: FastifyInstance) => void;
}

/** The API on a free port of loopback over a database in memory, mounted as the app mounts it. */
export async function startTestApi(options: Options): Promise<TestApi> {
  const clock = new FakeClock(Date.now());
  const ids = createIds(clock, bytes => {
    crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
  });
  const db = await openSqlite({ file: ':memory:', log: silentLogger });
  const publicUrl = options.publicUrl ?? null;
  const made = createTestAccounts({ db, ids, clock, publicUrl, ...options.accounts });
  const { accounts } = made;
  const more = options.extend?.({ accounts, db, ids, clock });
  const services = { accounts, ...more?.services } as Services;
  await db.migrate({ ...made.migrations, ...more?.migrations });
  const fastify = Fastify({ frameworkErrors: answerFrameworkError, clientErrorHandler: answerClientError });
  installSecurityHeaders(fastify, publicUrl);
  installProblems(fastify, options.log ?? silentLogger);
  const answers = createDbAnswers({ db, clock });
  await db.migrate(answers.migrations);
  const kept = { answers, secret: 'a secret of the tests, long enough for anybody', log: silentLogger };
  registerApi(fastify, {
    ...kept,
    handlers: options.handlers,
    services,
    clock,
    callers: testCallers(),
    publicUrl,
  });
  options.also?.(fastify);
  await fastify.listen({ host: '127.0.0.1', port: 0 });
  const { port } = fastify.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    clock,
    services,
    async signUp(handle) {
      const email = `${handle}@example.org`;
      const wanted = { handle, email, password: 'correct horse' };
      const { profile } = await accounts.register(wanted, testClient());
      const { token } = await accounts.createToken(viewerOf(profile), { name: 'test', scopes });
      return { authorization: `Bearer ${token}` };
    },
    call: (verb, path, callOptions) => call(`${url}${path}`, verb, callOptions),
    async close() {
      await fastify.close();
      await db.close();
    },
  };
}

async function call(url: string, verb: string, { headers, body }: CallOptions = {}): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method: verb,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
