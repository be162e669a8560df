import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { methods } from '#contract/api/index.ts';
import { ApiProblem, addressOf, api, onSignInRequired } from './api.ts';
import { routes } from './routes.ts';

test('the table of addresses is the contract’s', () => {
  const expected = Object.fromEntries(
    Object.entries(methods).map(([name, { verb, path }]) => [name, `${verb} ${path}`]),
  );
  assert.deepEqual(routes, expected);
});

test('parameters are escaped, and a query leaves out what is undefined', () => {
  const { verb, url } = addressOf('GET /api/v1/posts/{id}/replies', {
    params: { id: 'a/b?c' },
    query: { cursor: undefined, limit: 3 },
  });
  assert.equal(verb, 'GET');
  assert.equal(url, '/api/v1/posts/a%2Fb%3Fc/replies?limit=3');
});

/** Runs `use` with `fetch` pointed at a server that gives one answer. */
async function answering(
  status: number,
  type: string,
  body: string,
  use: () => Promise<void>,
): Promise<void> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = globalThis.fetch;
  globalThis.fetch = (path, init) => real(new URL(String(path), origin), init);
  try {
    await use();
  } finally {
    globalThis.fetch = real;
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}

test('a refusal arrives with its code, its sentence and what to do', async () => {
  const problem = {
    status: 409,
    code: 'handle-taken',
    detail: 'That handle is taken',
    advice: 'Choose another.',
  };
  await answering(409, 'application/problem+json', JSON.stringify(problem), () =>
    assert.rejects(api('getMe'), (thrown: unknown) => {
      assert.ok(thrown instanceof ApiProblem);
      assert.deepEqual([thrown.code, thrown.status, thrown.advice], ['handle-taken', 409, 'Choose another.']);
      assert.equal(thrown.message, 'That handle is taken');
      return true;
    }),
  );
});

test('being signed out is told to whoever listens', async () => {
  let told = 0;
  onSignInRequired(() => told++);
  const problem = {
    status: 401,
    code: 'sign-in-required',
    detail: 'Nobody is signed in',
    advice: 'Sign in.',
  };
  await answering(401, 'application/problem+json', JSON.stringify(problem), () =>
    assert.rejects(api('getMe')),
  );
  assert.equal(told, 1);
});

test('a page of a proxy in place of an answer is still a problem with a code', async () => {
  await answering(502, 'text/html', '<h1>Bad gateway</h1>', () =>
    assert.rejects(api('getMe'), { name: 'ApiProblem', code: 'unavailable', status: 502 }),
  );
});

test('no answer is unreachable, and a caller who gives up gets the abort', async () => {
  const real = globalThis.fetch;
  globalThis.fetch = (_path, init) =>
    init?.signal?.aborted
      ? Promise.reject(init.signal.reason)
      : Promise.reject(new TypeError('fetch failed'));
  try {
    await assert.rejects(api('getMe'), { code: 'unreachable', status: 0 });
    await assert.rejects(api('getMe', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  } finally {
    globalThis.fetch = real;
  }
});

test('what creates is sent again with the key that got no answer, and anew after an answer', async () => {
  const real = globalThis.fetch;
  const keys: (string | null)[] = [];
  let answers = false;
  globalThis.fetch = async (_path, init) => {
    keys.push(new Headers(init?.headers).get('idempotency-key'));
    if (!answers) throw new TypeError('fetch failed');
    return new Response('{}', { status: 201 });
  };
  const post = (text: string) => api('createPost', { body: { text } });
  try {
    await assert.rejects(post('hello'));
    await assert.rejects(post('hello'));
    answers = true;
    await post('other');
    await post('hello');
    await Promise.all([post('hello'), post('hello')]);
    await api('getMe');
  } finally {
    globalThis.fetch = real;
  }
  const [first, second, other, answered, ...after] = keys;
  assert.ok(first && first.length > 20);
  assert.deepEqual([second, answered], [first, first]);
  assert.equal(new Set([first, other, ...after]).size, 5);
  assert.equal(after.at(-1), null);
});
