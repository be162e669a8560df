import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { WHEP_OFFERS } from '#servers/whep/endpoint.ts';
import { type NewBroadcast, newBroadcast } from '#tests/support/new-broadcast.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';

const OFFER = readFileSync('tests/fuzz/corpus/sdp/firefox-viewer.sdp');
const OFFERS_PER_SECOND = 1_000;
const FLOOD_S = 4;
/** What the flood may cost: its sessions wait half a minute for their viewers. */
const GROWTH_MB_MAX = 150;

describe('a thousand WHEP offers a second from one address', () => {
  let server: ServerProcess;
  let broadcast: NewBroadcast;
  let publisher: ReturnType<typeof startSyntheticPublisher>;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  before(async () => {
    server = await startServerProcess();
    broadcast = await newBroadcast(server.url, 'ana');
    publisher = startSyntheticPublisher(broadcast);
    await until('it is live', async () => (await (await hls()).text()).includes('EXT-X-STREAM-INF'));
  });
  after(async () => {
    agent.destroy();
    await publisher?.close();
    await server?.close();
  });

  const hls = () => fetch(`${server.url}/hls/${broadcast.id}/index.m3u8`);
  const offer = async (from: string): Promise<IncomingMessage> => {
    const url = new URL(`${server.url}/whep/${broadcast.id}`);
    const sent = request({
      host: '127.0.0.1',
      port: url.port,
      path: url.pathname,
      method: 'POST',
      localAddress: from,
      headers: { 'content-type': 'application/sdp' },
      agent,
    }).end(OFFER);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response;
  };

  /** Answers by status. */
  async function flood(): Promise<Map<number, number>> {
    const statuses = new Map<number, number>();
    const offers: Promise<void>[] = [];
    const startMs = performance.now();
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      const dueS = Math.min((performance.now() - startMs) / 1000, FLOOD_S);
      while (offers.length < dueS * OFFERS_PER_SECOND)
        offers.push(
          offer('127.0.0.1').then(({ statusCode = 0, headers }) => {
            statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
            if (statusCode === 429)
              assert.ok(Number(headers['retry-after']) >= 1, 'it says when to come back');
          }),
        );
      if (dueS === FLOOD_S) resolve();
    }, 10);
    await sent;
    clearInterval(timer);
    await Promise.all(offers);
    return statuses;
  }

  it('are limited, while everybody else is served and memory stays bounded', async t => {
    const beforeMb = await server.residentMb();
    const startMs = performance.now();
    let served = 0;
    let flooding = true;
    const others = (async () => {
      while (flooding) {
        const answers = await Promise.all([hls(), fetch(`${server.url}/healthz`)]);
        for (const answer of answers) assert.equal(answer.status, 200);
        await Promise.all(answers.map(answer => answer.arrayBuffer()));
        served++;
      }
    })();
    const statuses = await flood();
    flooding = false;
    await others;
    const elapsedS = (performance.now() - startMs) / 1000;
    const grownMb = (await server.residentMb()) - beforeMb;
    t.diagnostic(
      JSON.stringify({ elapsedS, statuses: Object.fromEntries(statuses), served, beforeMb, grownMb }),
    );
    assert.deepEqual(
      [...statuses.keys()].filter(status => ![201, 429, 503].includes(status)),
      [],
    );
    const allowed = WHEP_OFFERS.burst + WHEP_OFFERS.perSecond * elapsedS + 1;
    assert.ok((statuses.get(201) ?? 0) <= allowed);
    assert.ok((statuses.get(429) ?? 0) >= OFFERS_PER_SECOND * FLOOD_S - allowed, 'all beyond the allowance');
    assert.ok(served > 0);
    assert.ok(grownMb < GROWTH_MB_MAX, `${grownMb} MB`);
    await until('another address joins', async () => {
      const { statusCode } = await offer('127.0.0.2');
      assert.notEqual(statusCode, 429, 'its allowance is its own');
      return statusCode === 201;
    });
  });
});
