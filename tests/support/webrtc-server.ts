import { randomFillSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { createLibdatachannelRtc, type LibdatachannelRtc } from '#adapters/rtc-libdatachannel/index.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { createIds } from '#base/ids.ts';
import { type Logger, silentLogger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import { type Claim, Claims } from '#live/broadcast/claims.ts';
import type { PublisherLeave } from '#live/stream/publisher.ts';
import { Stream } from '#live/stream/stream.ts';
import { installProblems } from '#servers/api/index.ts';
import { type Load, registerWhep, type WhepServer } from '#servers/whep/index.ts';
import { registerWhip, type WhipServer } from '#servers/whip/index.ts';
import { testCallers } from './callers.ts';
import { newSlices } from './slices.ts';
import { newTurns } from './turns.ts';

export const TEST_BROADCAST = '01hzx3v8k0000000000000test';
/** Of the shape of those that are given out. */
export const TEST_TOKEN = 'test0publish0token'.padEnd(52, '0');

export interface WebrtcServer {
  readonly url: string;
  readonly rtc: LibdatachannelRtc;
  readonly whip: WhipServer;
  readonly whep: WhepServer;
  /** The one stream that there is, `TEST_BROADCAST`. */
  readonly stream: Stream;
  /** What publishers said when they left, and `arrived` for each one's first key frame. */
  readonly events: readonly ('arrived' | PublisherLeave)[];
  close(): Promise<void>;
}

/** WHIP and WHEP over real HTTP and a real UDP port, around one stream and nothing else of live. */
export async function startWebrtcServer(
  options: { clock?: Clock; log?: Logger; bind?: string; rtcPort?: number; load?: () => Load } = {},
): Promise<WebrtcServer> {
  const { clock = systemClock, log = silentLogger, bind = '127.0.0.1', rtcPort = 0 } = options;
  const { load = () => ({ busy: 0, delayMs: 0 }) } = options;
  const events: ('arrived' | PublisherLeave)[] = [];
  const stream = new Stream({
    clock,
    log,
    events: {
      mediaArrived: () => events.push('arrived'),
      publisherLeft: reason => events.push(reason),
    },
  });
  const claims = new Claims(clock);
  const rtc = await createLibdatachannelRtc({ port: rtcPort, bind, log, clock });
  const fastify = Fastify({ forceCloseConnections: true });
  installProblems(fastify, log);
  const deps = {
    callers: testCallers(),
    rtc,
    clock,
    slices: newSlices(),
    openings: newTurns({ clock }),
    log,
    ids: createIds(clock, bytes => randomFillSync(bytes)),
  };
  const whip = registerWhip(fastify, { ...deps, live: { publish: async (...asked) => publish(...asked) } });
  const whep = registerWhep(fastify, { ...deps, load, live: { watch: async id => find(id) } });
  fastify.get('/', (_request, reply) => reply.type('text/html').send('<!doctype html><title>test</title>'));
  await fastify.listen({ host: '127.0.0.1', port: 0 });
  const { port } = fastify.server.address() as AddressInfo;

  function find(id: string): Stream {
    if (id !== TEST_BROADCAST) throw new Refusal('not-found');
    return stream;
  }
  function publish(id: string, token: string, claim: Claim) {
    const found = find(id);
    if (token !== TEST_TOKEN) throw new Refusal('wrong-publish-token');
    claims.check(claim, found.isHeard);
    return found.publish(wasHeard => claims.seated(claim, wasHeard));
  }
  return {
    url: `http://localhost:${port}`,
    rtc,
    whip,
    whep,
    stream,
    events,
    async close() {
      whip.close();
      whep.close();
      stream.end();
      await fastify.close();
      await rtc.close();
    },
  };
}
