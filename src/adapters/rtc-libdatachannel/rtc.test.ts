import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { Fault } from '#base/fault.ts';
import { silentLogger } from '#base/log.ts';
import { rtcSuite } from '#ports/rtc.suite.ts';
import { openRtcPeer } from '#tests/support/rtc-peer.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import { createLibdatachannelRtc } from './index.ts';
import { hostCandidates, readLocalParameters } from './local-parameters.ts';

/** Time enough for ICE and for a handshake that fails. */
const LATE_MS = 2000;

rtcSuite('libdatachannel', clock =>
  createLibdatachannelRtc({ port: 0, bind: '127.0.0.1', log: silentLogger, clock }),
);

describe('rtc-libdatachannel', () => {
  it('a port that is taken stops the start and is named', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>(resolve => taken.bind(0, '127.0.0.1', resolve));
    const { port } = taken.address();
    await assert.rejects(
      createLibdatachannelRtc({ port, bind: '127.0.0.1', log: silentLogger }),
      new RegExp(`UDP port ${port}`),
    );
    taken.close();
  });

  const announced = (hosts: readonly string[], own: readonly string[], bind?: string) =>
    hostCandidates({ port: 4000, hosts, bind }, own);

  it('announced hosts replace the addresses of the machine', () => {
    assert.deepEqual(announced([], ['10.0.0.7']), ['candidate:1 1 UDP 2130706431 10.0.0.7 4000 typ host']);
    assert.deepEqual(announced(['198.51.100.1', '2001:db8::1'], ['10.0.0.7']), [
      'candidate:1 1 UDP 2130706431 198.51.100.1 4000 typ host',
      'candidate:2 1 UDP 2130706175 2001:db8::1 4000 typ host',
    ]);
  });

  it('IPv4 is written first, for who reads one line, and IPv6 keeps its priority', () => {
    assert.deepEqual(announced([], ['2001:db8::1', '10.0.0.7']), [
      'candidate:2 1 UDP 2130706175 10.0.0.7 4000 typ host',
      'candidate:1 1 UDP 2130706431 2001:db8::1 4000 typ host',
    ]);
  });

  const addressesOf = (candidates: readonly string[]) => candidates.map(line => line.split(' ')[4]);

  it('a port that is bound to one address announces that one', () => {
    assert.deepEqual(addressesOf(announced([], ['10.0.0.7'], '10.0.0.9')), ['10.0.0.9']);
    assert.deepEqual(addressesOf(announced([], ['10.0.0.7', '2001:db8::1'], '0.0.0.0')), ['10.0.0.7']);
  });

  it('a machine without a network announces loopback', () => {
    assert.deepEqual(addressesOf(announced([], [])), ['127.0.0.1', '::1']);
  });

  /** Connects one who is known by this certificate, by this hash; what became of it. */
  const meet = async (
    certificate: Certificate,
    hash: 'sha-256' | 'sha-512',
    setup: 'actpass' | 'active' = 'actpass',
    claimed = certificate,
    lateMs = 0,
  ) => {
    const lines: string[] = [];
    const log = { ...silentLogger, info: (fields: object) => void lines.push(JSON.stringify(fields)) };
    const rtc = await createLibdatachannelRtc({ port: 0, bind: '127.0.0.1', log });
    const peer = await openRtcPeer({ direction: 'sendonly', certificate });
    try {
      const { promise, resolve } = Promise.withResolvers<string>();
      const { fingerprint256, fingerprint512 } = new X509Certificate(claimed.certificatePem);
      const fingerprint = `${hash} ${hash === 'sha-256' ? fingerprint256 : fingerprint512}`;
      const events = { packet() {}, state: (state: string, failure?: string) => resolve(failure ?? state) };
      const remote = { ...peer.parameters, fingerprint, setup };
      peer.answerWith((await rtc.accept(remote, 'recvonly', events)).local);
      // As on a busy machine: what native threads report meanwhile comes all at once.
      if (lateMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lateMs);
      const outcome = await promise;
      await rtc.close();
      return { outcome, lines };
    } finally {
      peer.close();
      await rtc.close();
    }
  };

  it('who is known by a longer hash alone is verified by it', async () => {
    const certificate = createCertificate();
    assert.equal((await meet(certificate, 'sha-512')).outcome, 'connected');
    assert.equal((await meet(certificate, 'sha-512', 'actpass', createCertificate())).outcome, 'handshake');
  });

  it('a certificate on another curve than P-256 fails in the handshake, with the reason in the log', async () => {
    const { outcome, lines } = await meet(createCertificate('P-224'), 'sha-256', 'active');
    assert.equal(outcome, 'handshake');
    // The peer is of this process, too: its words of the same failure may come last.
    assert.ok(
      lines.some(line =>
        /"failure":"handshake","reason":"error:.*(?:wrong curve|illegal parameter)/.test(line),
      ),
      lines.join(),
    );
  });

  it('what fails after ICE came through is the handshake, however late the event loop hears of both', async () => {
    const { outcome } = await meet(createCertificate('P-224'), 'sha-256', 'active', undefined, LATE_MS);
    assert.equal(outcome, 'handshake');
  });

  it('an answer that lacks a parameter is a fault', () => {
    assert.throws(() => readLocalParameters('v=0\r\n', { port: 4000, hosts: [] }), Fault);
  });
});
