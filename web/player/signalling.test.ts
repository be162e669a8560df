import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { orderCodecs } from './codecs.ts';
import { clockOffsetMs, deleteResource, ExchangeRefused, exchangeSdp } from './sdp-exchange.ts';

async function serving(listener: RequestListener, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/whip/b1`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const signal = new AbortController().signal;

test('an offer goes out with its token, and the session is where Location says', async () => {
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(
      `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['if-match'] ?? ''}`.trim(),
    );
    if (request.method === 'DELETE') response.end();
    else response.writeHead(201, { location: '/whip/b1/s1', etag: '"1"' }).end('v=0 answer');
  };
  await serving(listener, async url => {
    const resource = await exchangeSdp(url, 'v=0 offer', { token: 'secret', ifMatch: '"0"', signal });
    assert.equal(resource.answer, 'v=0 answer');
    assert.equal(resource.location, new URL('/whip/b1/s1', url).href);
    assert.equal(resource.etag, '"1"');
    assert.equal(resource.clockOffsetMs, 0);
    await deleteResource(resource.location, 'secret');
  });
  assert.deepEqual(seen, ['POST /whip/b1 Bearer secret "0"', 'DELETE /whip/b1/s1 Bearer secret']);
});

test('a refusal keeps its code, also from a server that does not speak problem+json', async () => {
  const listener: RequestListener = (request, response) => {
    if (request.url === '/whip/b1')
      response.writeHead(503, { 'retry-after': '7' }).end('{"code":"at-capacity","detail":"Use HLS"}');
    else response.writeHead(502).end('<h1>Bad gateway</h1>');
  };
  await serving(listener, async url => {
    await assert.rejects(exchangeSdp(url, '', { signal }), {
      name: 'ExchangeRefused',
      status: 503,
      code: 'at-capacity',
      retryAfterMs: 7_000,
      message: 'Use HLS',
    });
    await assert.rejects(
      exchangeSdp(`${url}/x`, '', { signal }),
      (error: unknown) => error instanceof ExchangeRefused && error.status === 502 && error.code === null,
    );
  });
});

test('a session whose server is gone ends without complaint', async () => {
  await deleteResource('http://127.0.0.1:9/whip/b1/s1');
});

test('a clock that fits the Date header is believed, another one is put at the nearest bound', () => {
  const date = 'Fri, 01 May 2026 10:00:00 GMT';
  const serverMs = Date.parse(date);
  assert.equal(clockOffsetMs(date, serverMs + 200, serverMs + 250), 0);
  assert.equal(clockOffsetMs(date, serverMs + 60_200, serverMs + 60_250), -59_201);
  assert.equal(clockOffsetMs(date, serverMs - 60_000, serverMs - 59_900), 59_900);
  assert.equal(clockOffsetMs(null, 0, 50), 0);
});

test('H.264 with packetization mode 1 is offered first and nothing but what repairs it after', () => {
  const codec = (name: string, sdpFmtpLine = '') => ({ mimeType: `video/${name}`, sdpFmtpLine });
  const ordered = orderCodecs([
    codec('VP8'),
    codec('rtx', 'apt=96'),
    codec('H264', 'packetization-mode=0'),
    codec('H264', 'packetization-mode=1'),
  ]);
  assert.deepEqual(
    ordered?.map(({ mimeType, sdpFmtpLine }) => `${mimeType} ${sdpFmtpLine}`),
    ['video/H264 packetization-mode=1', 'video/H264 packetization-mode=0', 'video/rtx apt=96'],
  );
  assert.equal(orderCodecs([codec('VP8')]), null);
});
