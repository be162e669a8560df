import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerWeb } from './index.ts';

const page = `<!doctype html><title>Skylark</title>${'<p>lark</p>'.repeat(200)}`;
const script = 'console.log("a lark sings");\n'.repeat(100);

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('the web server', () => {
  let directory: string;
  let fastify: FastifyInstance;
  let port: number;

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'skylark-web-'));
    const web = path.join(directory, 'web');
    await mkdir(path.join(web, 'assets'), { recursive: true });
    await mkdir(path.join(web, '.vite'));
    await writeFile(path.join(directory, 'secret.txt'), 'nobody reads this');
    await writeFile(path.join(web, 'index.html'), page);
    await writeFile(path.join(web, 'sw.js'), script);
    await writeFile(path.join(web, 'manifest.webmanifest'), '{}');
    await writeFile(path.join(web, '.vite', 'manifest.json'), '{}');
    await writeFile(path.join(web, 'assets', 'main-1a2b.js'), script);
    fastify = Fastify();
    registerWeb(fastify, { directory: web });
    fastify.get('/api/v1/me', async () => ({ handle: 'ada' }));
    await fastify.listen({ host: '127.0.0.1', port: 0 });
    port = (fastify.server.address() as AddressInfo).port;
  });
  after(async () => {
    await fastify.close();
    await rm(directory, { recursive: true });
  });

  /** Sends the path as it stands: fetch would tidy `..` away before it left. */
  const get = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<Answer>((resolve, reject) => {
      const request = http.request({ port, path: target, headers, method, agent: false }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      });
      request.on('error', reject).end();
    });

  it('gives the app at / and at every page of it, and asks browsers to look again', async () => {
    for (const target of ['/', '/@ada', '/post/01abc?x=1', '/unknown/page']) {
      const { status, headers, body } = await get(target, { accept: 'text/html,*/*' });
      assert.deepEqual([status, headers['cache-control'], body.toString()], [200, 'no-cache', page], target);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    }
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }])
      for (const verb of ['GET', 'HEAD'])
        assert.equal(
          (await get('/p/01abc', headers, verb)).status,
          200,
          `${verb}: previews of links take anything`,
        );
    assert.equal((await get('/sw.js')).headers['cache-control'], 'no-cache');
    assert.equal(
      (await get('/manifest.webmanifest')).headers['content-type']?.split(';')[0],
      'application/manifest+json',
    );
  });

  it('lets a file with a hash in its name be kept for ever', async () => {
    const { headers, body } = await get('/assets/main-1a2b.js');
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(body.toString(), script);
  });

  it('compresses as the caller takes it', async () => {
    const br = await get('/assets/main-1a2b.js', { 'accept-encoding': 'gzip, deflate, br' });
    assert.equal(br.headers['content-encoding'], 'br');
    assert.equal(zlib.brotliDecompressSync(br.body).toString(), script);
    const gzip = await get('/assets/main-1a2b.js', { 'accept-encoding': 'gzip, br;q=0' });
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    assert.equal(zlib.gunzipSync(gzip.body).toString(), script);
    assert.equal(gzip.headers.vary, 'accept-encoding');
    const plain = await get('/assets/main-1a2b.js', { 'accept-encoding': 'identity' });
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.notEqual(plain.headers.etag, br.headers.etag, 'each coding is a representation of its own');
  });

  it('answers 304 to whoever holds the same representation', async () => {
    const { headers } = await get('/', { 'accept-encoding': 'br' });
    const held = await get('/', { 'accept-encoding': 'br', 'if-none-match': `"other", W/${headers.etag}` });
    assert.deepEqual([held.status, held.body.length, held.headers.etag], [304, 0, headers.etag]);
    assert.equal((await get('/', { 'accept-encoding': 'gzip', 'if-none-match': headers.etag! })).status, 200);
  });

  it('answers HEAD without a body', async () => {
    const { status, headers, body } = await get('/', {}, 'HEAD');
    assert.deepEqual([status, headers['content-length'], body.length], [200, String(page.length), 0]);
  });

  it('gives nothing from outside its folder, and nothing hidden', async () => {
    const targets = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/..%5csecret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '//secret.txt',
      '/.vite/manifest.json',
      '/index.html%00.js',
    ];
    for (const target of targets) {
      const { status, body } = await get(target);
      assert.equal(status, 404, target);
      assert.ok(!body.includes('nobody reads this'), target);
    }
  });

  it('leaves the addresses of other servers alone, and is no answer to a missing file', async () => {
    assert.equal((await get('/api/v1/me', { accept: 'text/html' })).body.toString(), '{"handle":"ada"}');
    const targets = ['/api/v1/unknown', '/hls/x/index.m3u8', '/whip/x', '/healthz', '/assets/gone-1a2b.js'];
    for (const target of targets)
      assert.equal((await get(target, { accept: 'text/html' })).status, 404, target);
    assert.equal((await get('/gone.png', { accept: 'image/*' })).status, 404);
  });

  it('does not start without a built app', async () => {
    const empty = Fastify();
    registerWeb(empty, { directory: path.join(directory, 'web', 'assets') });
    await assert.rejects(async () => empty.ready(), /not built/);
  });
});
