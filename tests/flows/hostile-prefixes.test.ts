import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { BesiegedServer } from '#tests/support/besieged-server.ts';
import { corpusTexts } from '#tests/support/corpus.ts';
import { until } from '#tests/support/until.ts';

const AT_ONCE = 100;
/** What all of it may leave behind; the broadcast itself grows to its held segments meanwhile. */
const RESIDENT_MB_MORE_MAX = 150;

const sdp = corpusTexts('sdp')[0]!;
const head = (line: string, headers: string) => `${line} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

describe('requests that are cut after every byte', () => {
  let besieged: BesiegedServer;
  before(async () => {
    besieged = await BesiegedServer.start();
  });
  after(() => besieged?.close());

  const requests = (id: string): Record<string, string> => ({
    page: head(
      'GET /p/x',
      'Accept: text/html\r\nAccept-Encoding: br, gzip;q=0.5\r\nIf-None-Match: W/"a", "b"\r\n',
    ),
    call: `${head('POST /api/v1/sign-in', 'Content-Type: application/json\r\nContent-Length: 31\r\n')}{"login":"ana","password":"xyz"}`,
    chunks: `${head('POST /api/v1/sign-in', 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n')}5\r\n{"log\r\n3\r\nin"\r\n0\r\n\r\n`,
    playlist: head(
      `GET /hls/${id}/video/index.m3u8?_HLS_msn=0&_HLS_part=0`,
      'Accept-Encoding: gzip\r\nRange: bytes=0-9\r\n',
    ),
    publisher: `${head(`POST /whip/${id}`, `Authorization: Bearer x\r\nContent-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n`)}${sdp.slice(0, 300)}`,
    viewer: `${head(`POST /whep/${id}`, `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n`)}${sdp.slice(0, 300)}`,
    socket: `${head('GET /socket', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n')}\x81\x85\x01\x02\x03\x04abcde`,
  });

  const gauges = [
    'skylark_connections',
    'skylark_sockets',
    'skylark_whip_sessions',
    'skylark_whep_sessions',
    'skylark_hls_waiting_requests',
  ];

  async function places(): Promise<Record<string, number>> {
    const text = await (await besieged.request('/metrics')).text();
    return Object.fromEntries(
      gauges.map(name => [name, Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1])]),
    );
  }

  it('leave the server as it was: alive, with all its places and its memory', async () => {
    const before = await places();
    const beforeMb = await besieged.server.residentMb();
    for (const [name, text] of Object.entries(requests(besieged.created.id))) {
      for (let from = 0; from < text.length; from += AT_ONCE)
        await Promise.all(
          Array.from({ length: Math.min(AT_ONCE, text.length - from) }, (_, i) =>
            sendCut(besieged.port, text.slice(0, from + i + 1), i % 2 === 0),
          ),
        );
      assert.equal(besieged.server.child.exitCode, null, name);
    }
    await until(
      'every place is free again',
      async () => {
        const now = await places();
        // Its own questions keep connections of their own.
        return gauges.every(name => now[name]! <= before[name]! + (name === 'skylark_connections' ? 5 : 0));
      },
      30_000,
    );
    await besieged.assertUnharmed();
    const moreMb = (await besieged.server.residentMb()) - beforeMb;
    assert.ok(moreMb < RESIDENT_MB_MORE_MAX, `${moreMb.toFixed()} MB more`);
  });
});

/** Sends so much of a request over a connection of its own, and hangs up: in good order, or by a reset. */
function sendCut(port: number, text: string, isOrderly: boolean): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text, 'latin1', () => (isOrderly ? socket.end() : socket.resetAndDestroy()));
    });
    // What waits for the rest of the request has no answer to give.
    socket.setTimeout(2000, () => socket.destroy());
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}
