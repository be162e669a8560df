import assert from 'node:assert/strict';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { methods } from '#contract/api/index.ts';
import { Refusal } from '#contract/errors.ts';
import { DatabaseLocked } from '#ports/database-locked.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { type ApiAnswer, startTestApi, type TestApi } from '#tests/support/api.ts';
import { handle } from './handler.ts';
import { BODY_BYTES_MAX } from './problems.ts';

const logged: { fields: object; message: string }[] = [];
const log = {
  debug() {},
  info() {},
  warn() {},
  error: (fields: object, message: string) => logged.push({ fields, message }),
  child: () => log,
};

const post = {
  id: '01',
  author: { id: '02', handle: 'ada', displayName: 'Ada', email: 'never@shown.example' },
  text: 'a lark',
  createdAt: '2026-01-01T00:00:00.000Z',
  replyToId: null,
  counts: { replies: 0, likes: 0 },
  viewer: null,
  broadcast: null,
};

/** Handlers that show what reached them. */
const handlers = [
  handle(methods.createPost, async ({ body }) => ({ ...post, text: body.text })),
  handle(methods.deletePost, async () => {}),
  handle(methods.listComments, async ({ query, params }) => ({
    items: [],
    nextCursor: JSON.stringify({ query, id: params.id, types: typeof query.after }),
  })),
  handle(methods.getPost, async ({ params }) => {
    if (params.id === 'broken') throw new Error('the password is swordfish');
    if (params.id === 'full')
      throw new StorageFull('the disk is full: free some of it', new Error('swordfish'));
    if (params.id === 'locked') throw new DatabaseLocked('another program holds it', new Error('swordfish'));
    if (params.id === 'slow') throw new Refusal('too-many-requests', 'Slow down.', 1.2);
    throw new Refusal('not-found', `There is no post ${params.id}.`);
  }),
  handle(methods.signOut, async ({ setCookies }) => setCookies(['a=1; Path=/', 'b=2; Path=/'])),
];

const problem = (answer: ApiAnswer, status: number, code: string, detail?: RegExp) => {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json', JSON.stringify(answer.body));
  assert.deepEqual([answer.status, answer.body.status, answer.body.code], [status, status, code]);
  assert.equal(answer.body.type, `/api/docs#error-${code}`);
  if (detail) assert.match(answer.body.detail, detail);
};

describe('a mounted method', () => {
  let api: TestApi;
  let ada: { authorization: string };
  before(async () => {
    api = await startTestApi({
      handlers,
      log,
      also: fastify => fastify.route({ method: 'POST', url: '/whip/:id', handler: async () => 'sdp' }),
    });
    ada = await api.signUp('ada');
  });
  after(() => api.close());

  const create = (body: unknown, headers: Record<string, string> = {}) =>
    api.call('POST', '/api/v1/posts', { body, headers: { ...ada, ...headers } });

  it('answers with its status and nothing that its reply does not name', async () => {
    const created = await create({ text: 'hello' });
    assert.equal(created.status, 201);
    assert.equal(created.body.text, 'hello');
    assert.deepEqual(Object.keys(created.body.author), ['id', 'handle', 'displayName']);
    assert.equal(created.headers.get('cache-control'), 'no-store');
    const deleted = await api.call('DELETE', '/api/v1/posts/01', { headers: ada });
    assert.deepEqual([deleted.status, deleted.body], [204, '']);
  });

  it('refuses what does not fit its schema, in a sentence that names the field', async () => {
    const cases: [unknown, RegExp][] = [
      [{}, /The body lacks `text`\./],
      [{ text: 'x', txet: 1 }, /The body has a field that is not known here: `txet`\./],
      [{ text: 1 }, /`text` in the body must be of type string\./],
      [{ text: '' }, /`text` in the body must not be empty\./],
      [{ text: 'x'.repeat(10_001) }, /`text` in the body must be at most 10000 characters long\./],
      [[], /The body must be of type object\./],
      [null, /The body must be of type object|The body lacks `text`/],
      ['{"text":', /not well-formed/],
      ['{"text":"x","__proto__":{"a":1}}', /not well-formed/],
      ['', /The body lacks `text`\./],
      [`{"text":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, /must be of type string/],
    ];
    for (const [body, detail] of cases) problem(await create(body), 400, 'invalid-request', detail);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}-${'x'.repeat(1000)}`, 1]));
    assert.ok((await create(many)).body.detail.length < 300, 'the answer does not grow with the request');
  });

  it('refuses the NUL character, which not every database can keep', async () => {
    problem(await create({ text: 'a\0b' }), 400, 'invalid-request', /NUL/);
    problem(await api.call('GET', '/api/v1/posts/a%00b'), 400, 'invalid-request', /NUL/);
    problem(await api.call('GET', '/whip/a%00b'), 400, 'invalid-request', /NUL/);
  });

  it('reads whole numbers from the query and nothing else', async () => {
    const path = '/api/v1/broadcasts/01/comments';
    const { body } = await api.call('GET', `${path}?after=12&limit=5`);
    assert.deepEqual(JSON.parse(body.nextCursor), {
      query: { after: 12, limit: 5 },
      id: '01',
      types: 'number',
    });
    for (const query of [
      'limit=0',
      'limit=501',
      'limit=1.5',
      'limit=1e2',
      'limit=',
      'limit=a',
      'limit=1&limit=2',
    ])
      problem(await api.call('GET', `${path}?${query}`), 400, 'invalid-request', /`limit` in the query/);
    problem(await api.call('GET', `${path}?page=1`), 400, 'invalid-request', /`page`/);
    problem(
      await api.call('GET', `/api/v1/posts/${'x'.repeat(65)}`),
      400,
      'invalid-request',
      /`id` in the address/,
    );
  });

  it('names its limit to a body that is too large, before reading it', async () => {
    const answer = await create({ text: 'x'.repeat(BODY_BYTES_MAX) });
    problem(answer, 413, 'too-large', /65536 bytes/);
  });

  it('takes JSON only', async () => {
    problem(
      await create('text=x', { 'content-type': 'text/plain' }),
      415,
      'unsupported-media-type',
      /application\/json/,
    );
    const form = await create('text=x', { 'content-type': 'application/x-www-form-urlencoded' });
    problem(form, 415, 'unsupported-media-type');
  });

  it('asks who calls before it looks at the body', async () => {
    const answer = await api.call('POST', '/api/v1/posts', { body: { nonsense: true } });
    problem(answer, 401, 'sign-in-required');
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="skylark"');
    problem(await create({ text: 'x' }, { authorization: 'Bearer sky_wrong' }), 401, 'sign-in-required');
  });

  it('tells a wrong verb from a wrong address', async () => {
    const wrongVerb = await api.call('PATCH', '/api/v1/posts/01', { headers: ada });
    problem(wrongVerb, 405, 'method-not-allowed', /takes DELETE, GET, HEAD, not PATCH/);
    assert.equal(wrongVerb.headers.get('allow'), 'DELETE, GET, HEAD');
    problem(await api.call('GET', '/whip/01'), 405, 'method-not-allowed');
    problem(await api.call('GET', '/api/v1/nothing'), 404, 'not-found', /Nothing is at \/api\/v1\/nothing\./);
    problem(await api.call('GET', '/api/v1/posts/%E0%A4%A'), 400, 'invalid-request', /encoded/);
    problem(await api.call('GET', `/api/v1/posts/${'x'.repeat(3000)}`), 404, 'not-found');
  });

  it('passes a refusal on as it is, with the time to wait', async () => {
    problem(await api.call('GET', '/api/v1/posts/01'), 404, 'not-found', /^There is no post 01\.$/);
    const slow = await api.call('GET', '/api/v1/posts/slow');
    problem(slow, 429, 'too-many-requests');
    assert.equal(slow.headers.get('retry-after'), '2');
  });

  it('keeps the reason of a failure to the log', async () => {
    logged.length = 0;
    const answer = await api.call('GET', '/api/v1/posts/broken');
    problem(answer, 500, 'internal');
    assert.ok(!JSON.stringify(answer.body).includes('swordfish'));
    assert.match(String((logged[0]!.fields as { err: Error }).err), /swordfish/);
  });

  it('says that nothing was saved, and to the log what the operator can do', async () => {
    logged.length = 0;
    const answer = await api.call('GET', '/api/v1/posts/full');
    problem(answer, 507, 'storage-full');
    assert.match(JSON.stringify(answer.body), /Nothing of this was saved/);
    assert.doesNotMatch(JSON.stringify(answer.body), /free some of it|swordfish/);
    assert.deepEqual(
      logged.map(line => line.message),
      ['nothing can be saved: the disk is full: free some of it'],
    );
  });

  it('says that nothing can be saved at the moment when another program holds the database', async () => {
    logged.length = 0;
    const answer = await api.call('GET', '/api/v1/posts/locked');
    problem(answer, 503, 'unavailable', /saved at the moment/);
    assert.equal(answer.headers.get('retry-after'), '5');
    assert.equal(logged[0]?.message, 'nothing can be saved: another program holds it');
  });

  it('sets several cookies, each on its own line', async () => {
    const { headers } = await api.call('POST', '/api/v1/sign-out');
    assert.deepEqual(headers.getSetCookie(), ['a=1; Path=/', 'b=2; Path=/']);
  });

  it('sends the security headers with every answer', async () => {
    for (const path of ['/api/v1/posts/01', '/nowhere', '/api/docs']) {
      const { headers } = await api.call('GET', path);
      const policy = headers.get('content-security-policy')!;
      assert.match(policy, /default-src 'self'.*frame-ancestors 'none'/);
      const host = new URL(api.url).host;
      assert.equal(/connect-src ([^;]*);/.exec(policy)?.[1], `'self' ws://${host} wss://${host}`);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('lets no name that a caller makes up into its policy', async () => {
    const socket = net.connect(api.port, '127.0.0.1');
    socket.write('GET /api/docs HTTP/1.1\r\nHost: x; script-src *\r\nConnection: close\r\n\r\n');
    assert.match(await text(socket), /connect-src 'self'; object-src/);
  });

  it('asks for TLS from then on where its address is https, and nowhere else', async t => {
    assert.equal((await api.call('GET', '/api/docs')).headers.get('strict-transport-security'), null);
    const secure = await startTestApi({ handlers: [], publicUrl: 'https://sky.example' });
    t.after(() => secure.close());
    const { headers } = await secure.call('GET', '/api/docs');
    assert.match(headers.get('strict-transport-security') ?? '', /^max-age=\d+$/);
  });

  it('answers bytes that are not HTTP, and headers without end, and goes on', async () => {
    const send = async (bytes: string) => {
      const socket = net.connect(api.port, '127.0.0.1');
      socket.write(bytes);
      return text(socket);
    };
    assert.match(await send('\x16\x03\x01 hello\r\n\r\n'), /^HTTP\/1\.1 400 .*invalid-request/s);
    assert.match(
      await send(`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`),
      /^HTTP\/1\.1 413 .*too-large/s,
    );
    assert.equal((await create({ text: 'still here' })).status, 201);
  });
});

describe('a request with a cookie', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi({ handlers, publicUrl: 'https://skylark.example' });
  });
  after(() => api.close());

  const signOut = (headers: Record<string, string>) =>
    api.call('POST', '/api/v1/sign-out', { headers: { cookie: 'skylark.session_token=x', ...headers } });

  it('is refused when another site sent it', async () => {
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: api.url },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of foreign) problem(await signOut(headers), 403, 'not-allowed', /another site/);
  });

  it('passes when it comes from here, or from no browser', async () => {
    const own: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin' },
      { origin: api.url },
      { origin: 'https://skylark.example' },
      {},
    ];
    for (const headers of own) assert.equal((await signOut(headers)).status, 204, JSON.stringify(headers));
  });

  it('may read from anywhere, and a Bearer token needs no origin', async () => {
    const read = await api.call('GET', '/api/v1/posts/01', { headers: { 'sec-fetch-site': 'cross-site' } });
    problem(read, 404, 'not-found');
    const { authorization } = await api.signUp('ada');
    const headers = { authorization, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    assert.equal((await api.call('POST', '/api/v1/posts', { body: { text: 'x' }, headers })).status, 201);
  });
});
