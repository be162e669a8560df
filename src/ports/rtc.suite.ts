import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { Fault } from '#base/fault.ts';
import { openAnsweringPeer, openRtcPeer, type RtcPeer } from '#tests/support/rtc-peer.ts';
import {
  RTC_CONNECT_TIMEOUT_MS,
  type Rtc,
  type RtcEvents,
  type RtcFailure,
  type RtcOffered,
  type RtcState,
  type RtcTransport,
} from './rtc.ts';

/** Opens the adapter on a free port of 127.0.0.1. */
export type OpenRtc = (clock: FakeClock) => Promise<Rtc & { readonly port: number }>;

interface Watched<Transport extends RtcTransport> {
  readonly transport: Transport;
  readonly states: RtcState[];
  readonly failures: RtcFailure[];
  readonly packets: Uint8Array[];
  /** Resolves when the state or packet came that `wanted` asks for. */
  until(wanted: () => boolean): Promise<void>;
}

const rtp = (sequence: number, length = 40): Uint8Array => {
  const packet = new Uint8Array(length).fill(7);
  packet.set([0x80, 96, sequence >> 8, sequence & 255, 0, 0, 0, 1, 0, 0, 0, 9]);
  return packet;
};
/** A picture loss indication (RFC 4585 section 6.3.1). */
const pli = Uint8Array.from([0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 8, 174]);

export function rtcSuite(name: string, open: OpenRtc): void {
  describe(`rtc: ${name}`, () => {
    let clock: FakeClock;
    let rtc: Awaited<ReturnType<OpenRtc>>;
    let peers: { close(): void }[];

    beforeEach(async () => {
      clock = new FakeClock();
      rtc = await open(clock);
      peers = [];
    });
    afterEach(async () => {
      for (const peer of peers) peer.close();
      await rtc.close();
    });

    const openPeer = async (direction: 'sendonly' | 'recvonly'): Promise<RtcPeer> => {
      const peer = await openRtcPeer({ direction });
      peers.push(peer);
      return peer;
    };

    const connect = async (direction: 'sendonly' | 'recvonly') => {
      const peer = await openPeer(direction);
      const accepted = await accept(rtc, peer, direction === 'sendonly' ? 'recvonly' : 'sendonly');
      peer.answerWith(accepted.transport.local);
      await Promise.all([peer.opened, accepted.until(() => accepted.states.includes('connected'))]);
      return { peer, accepted };
    };

    it('a publisher sends RTP of any SSRC and gets RTCP back', async () => {
      const { peer, accepted } = await connect('sendonly');
      const back = new Promise<Uint8Array>(resolve => {
        peer.onPacket((_, packet) => resolve(packet));
      });
      const foreign = rtp(2);
      foreign.set([1, 2, 3, 4], 8);
      peer.send('video', rtp(1));
      peer.send('video', foreign);
      await accepted.until(() => accepted.packets.length === 2);
      assert.deepEqual([...accepted.packets[0]!], [...rtp(1)]);
      assert.deepEqual([...accepted.packets[1]!], [...foreign]);
      assert.equal(accepted.transport.send(pli), true);
      assert.deepEqual([...(await back)], [...pli]);
    });

    it('a viewer gets RTP and sends RTCP back', async () => {
      const { peer, accepted } = await connect('recvonly');
      const forth = new Promise<Uint8Array>(resolve => {
        peer.onPacket((_, packet) => resolve(packet));
      });
      assert.equal(accepted.transport.send(rtp(5, 1200)), true);
      assert.deepEqual([...(await forth)], [...rtp(5, 1200)]);
      peer.send('video', pli);
      await accepted.until(() => accepted.packets.length === 1);
      assert.deepEqual([...accepted.packets[0]!], [...pli]);
    });

    it('the bytes of a packet are not written again', async () => {
      const { peer, accepted } = await connect('sendonly');
      for (let i = 0; i < 50; i++) peer.send('video', rtp(i, 1100));
      await accepted.until(() => accepted.packets.length === 50);
      for (const [i, packet] of accepted.packets.entries()) assert.deepEqual([...packet], [...rtp(i, 1100)]);
    });

    it('all transports share one UDP port', async () => {
      const accepted = await Promise.all([connect('sendonly'), connect('recvonly')]);
      for (const one of accepted)
        for (const candidate of one.accepted.transport.local.candidates)
          assert.equal(candidate.split(' ')[5], String(rtc.port));
    });

    it('closing is reported once, is idempotent and refuses to send', async () => {
      const { accepted } = await connect('recvonly');
      accepted.transport.close();
      accepted.transport.close();
      assert.deepEqual([accepted.states, accepted.failures], [['connected', 'closed'], []]);
      assert.equal(accepted.transport.send(rtp(1)), false);
      assert.equal(rtc.openTransports, 0);
    });

    it('a transport that does not connect in time is closed', async () => {
      const accepted = await accept(rtc, await openPeer('sendonly'), 'recvonly');
      clock.advance(RTC_CONNECT_TIMEOUT_MS - 1);
      assert.deepEqual(accepted.states, []);
      clock.advance(1);
      assert.deepEqual([accepted.states, accepted.failures], [['closed'], ['unreached']]);
    });

    it('a connected transport outlives the time it had to connect', async () => {
      const { accepted } = await connect('sendonly');
      clock.advance(RTC_CONNECT_TIMEOUT_MS * 2);
      assert.deepEqual(accepted.states, ['connected']);
    });

    it('a hundred that come and go leave nothing behind', async () => {
      const peer = await openPeer('sendonly');
      for (let i = 0; i < 100; i++) {
        const accepted = await accept(rtc, peer, 'recvonly');
        accepted.transport.close();
        assert.deepEqual(accepted.states, ['closed']);
      }
      assert.equal(rtc.openTransports, 0);
      await connect('sendonly');
    });

    it('transports may close in the middle of a flood of packets', async () => {
      for (let i = 0; i < 8; i++) {
        const { peer, accepted } = await connect('sendonly');
        for (let burst = 0; burst < 40; burst++) {
          for (let j = 0; j < 20; j++) peer.send('video', rtp(j, 1000));
          if (burst === 30) accepted.transport.close();
          await new Promise(resolve => setImmediate(resolve));
        }
        peer.close();
      }
      assert.equal(rtc.openTransports, 0);
    });

    it('a handler that throws closes its own transport and no other', async () => {
      const { accepted: other } = await connect('recvonly');
      const peer = await openPeer('sendonly');
      const states: RtcState[] = [];
      const closed = Promise.withResolvers<void>();
      const transport = await rtc.accept(peer.parameters, 'recvonly', {
        packet: () => assert.fail('deliberate'),
        state: state => {
          states.push(state);
          if (state === 'closed') closed.resolve();
        },
      });
      peer.answerWith(transport.local);
      await peer.opened;
      peer.send('video', rtp(1));
      await closed.promise;
      assert.equal(states.at(-1), 'closed');
      assert.equal(other.transport.send(rtp(1)), true);
    });

    it('begins the DTLS handshake where it may, and waits for one where it must', async () => {
      const { peer, accepted } = await connect('sendonly');
      assert.equal(accepted.transport.local.setup, 'active');
      const events = { packet() {}, state() {} };
      const waiting = await rtc.accept({ ...peer.parameters, setup: 'active' }, 'recvonly', events);
      assert.equal(waiting.local.setup, 'passive');
    });

    it('begins the handshake with one who waits for it', async () => {
      const peer = await openPeer('sendonly');
      const accepted = await watched(events =>
        rtc.accept({ ...peer.parameters, setup: 'passive' }, 'recvonly', events),
      );
      assert.equal(accepted.transport.local.setup, 'active');
      peer.answerWith(accepted.transport.local);
      await Promise.all([peer.opened, accepted.until(() => accepted.states.includes('connected'))]);
    });

    it('who is not who its fingerprint says fails in the handshake, and that is said', async () => {
      const peer = await openPeer('sendonly');
      const fingerprint = `sha-256 ${Array(32).fill('AB').join(':')}`;
      const accepted = await watched(events =>
        rtc.accept({ ...peer.parameters, fingerprint }, 'recvonly', events),
      );
      peer.answerWith(accepted.transport.local);
      await accepted.until(() => accepted.states.length > 0);
      assert.deepEqual([accepted.states, accepted.failures], [['closed'], ['handshake']]);
    });

    const connectOffered = async () => {
      const offered = await offer(rtc);
      const peer = await openAnsweringPeer(offered.transport.local);
      peers.push(peer);
      return { offered, peer };
    };

    it('an offer that is answered connects, and sends and receives as any other', async () => {
      const { offered, peer } = await connectOffered();
      assert.equal(offered.transport.local.setup, 'actpass');
      const forth = new Promise<Uint8Array>(resolve => peer.onPacket(resolve));
      offered.transport.answered(peer.parameters);
      await Promise.all([peer.opened, offered.until(() => offered.states.includes('connected'))]);
      const foreign = rtp(5, 1200);
      foreign.set([1, 2, 3, 4], 8);
      assert.equal(offered.transport.send(foreign), true);
      assert.deepEqual([...(await forth)], [...foreign]);
      peer.send(pli);
      await offered.until(() => offered.packets.length === 1);
      assert.deepEqual([...offered.packets[0]!], [...pli]);
      clock.advance(RTC_CONNECT_TIMEOUT_MS * 2);
      assert.deepEqual(offered.states, ['connected']);
    });

    it('an offer waits for its answer in time, and after it has the time to connect', async () => {
      const silent = await offer(rtc);
      const { offered, peer } = await connectOffered();
      clock.advance(RTC_CONNECT_TIMEOUT_MS - 1);
      offered.transport.answered(peer.parameters);
      clock.advance(1);
      assert.deepEqual(silent.states, ['closed']);
      await offered.until(() => offered.states.includes('connected'));
      assert.deepEqual(offered.states, ['connected']);
      assert.equal(rtc.openTransports, 1);
    });

    it('an answer that cannot be used closes its transport', async () => {
      const { offered, peer } = await connectOffered();
      const bad = { ...peer.parameters, fingerprint: 'sha-256 nonsense' };
      assert.throws(() => offered.transport.answered(bad), Fault);
      assert.deepEqual(offered.states, ['closed']);
      assert.throws(() => offered.transport.answered(peer.parameters), Fault);
      assert.equal(rtc.openTransports, 0);
    });

    it('who answers with the fingerprint of another does not connect', async () => {
      const { offered, peer } = await connectOffered();
      const fingerprint = `sha-256 ${Array(32).fill('AB').join(':')}`;
      offered.transport.answered({ ...peer.parameters, fingerprint });
      await offered.until(() => offered.states.length > 0);
      assert.deepEqual(offered.states, ['closed']);
    });

    it('parameters that cannot be used are a fault and leave nothing behind', async () => {
      const events = { packet() {}, state() {} };
      const bad = {
        iceUfrag: 'abcd',
        icePwd: 'x'.repeat(24),
        fingerprint: 'sha-256 nonsense',
        setup: 'actpass',
      } as const;
      await assert.rejects(rtc.accept(bad, 'recvonly', events), Fault);
      assert.equal(rtc.openTransports, 0);
    });

    it('garbage at the UDP port harms nobody', async () => {
      const { peer, accepted } = await connect('sendonly');
      const socket = createSocket('udp4');
      for (let length = 1; length < 1400; length += 37) {
        const garbage = Buffer.alloc(length, length);
        await new Promise<void>(resolve => {
          socket.send(garbage, rtc.port, '127.0.0.1', () => resolve());
        });
      }
      socket.close();
      peer.send('video', rtp(1));
      await accepted.until(() => accepted.packets.length === 1);
      assert.deepEqual(accepted.states, ['connected']);
    });

    it('closing closes every transport and refuses new ones', async () => {
      const { peer, accepted } = await connect('sendonly');
      const offered = await offer(rtc);
      await rtc.close();
      await rtc.close();
      assert.deepEqual(accepted.states, ['connected', 'closed']);
      assert.deepEqual(offered.states, ['closed']);
      assert.equal(rtc.openTransports, 0);
      await assert.rejects(accept(rtc, peer, 'recvonly'), Fault);
      await assert.rejects(offer(rtc), Fault);
    });
  });
}

function accept(rtc: Rtc, peer: RtcPeer, direction: 'recvonly' | 'sendonly'): Promise<Watched<RtcTransport>> {
  return watched(events => rtc.accept(peer.parameters, direction, events));
}

function offer(rtc: Rtc): Promise<Watched<RtcOffered>> {
  return watched(events => rtc.offer('sendonly', events));
}

async function watched<Transport extends RtcTransport>(
  open: (events: RtcEvents) => Promise<Transport>,
): Promise<Watched<Transport>> {
  const states: RtcState[] = [];
  const failures: RtcFailure[] = [];
  const packets: Uint8Array[] = [];
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };
  const transport = await open({
    packet(bytes) {
      packets.push(bytes);
      changed();
    },
    state(state, failure) {
      states.push(state);
      if (failure) failures.push(failure);
      changed();
    },
  });
  const until = (wanted: () => boolean) =>
    new Promise<void>(resolve => {
      const check = () => {
        if (!wanted()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { transport, states, failures, packets, until };
}
