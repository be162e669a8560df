import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { describe, it } from 'node:test';
import { Fault } from '#base/fault.ts';
import { silentLogger } from '#base/log.ts';
import { rtcSuite } from '#ports/rtc.suite.ts';
import { createLibdatachannelRtc } from './index.ts';
import { readLocalParameters } from './local-parameters.ts';

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

  const answer = (candidates: string) =>
    `v=0\r\na=setup:active\r\na=fingerprint:sha-256 AB\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n${candidates}`;

  it('announced hosts replace the addresses of the machine', () => {
    const own = 'a=candidate:1 1 UDP 2114977791 10.0.0.7 4000 typ host\r\n';
    assert.deepEqual(readLocalParameters(answer(own), 4000, []).candidates, [
      'candidate:1 1 UDP 2114977791 10.0.0.7 4000 typ host',
    ]);
    assert.deepEqual(readLocalParameters(answer(own), 4000, ['198.51.100.1', '2001:db8::1']).candidates, [
      'candidate:1 1 UDP 2130706431 198.51.100.1 4000 typ host',
      'candidate:2 1 UDP 2130706175 2001:db8::1 4000 typ host',
    ]);
  });

  it('a machine without a network announces loopback', () => {
    const { candidates } = readLocalParameters(answer(''), 4000, []);
    assert.deepEqual(
      candidates.map(candidate => candidate.split(' ')[4]),
      ['127.0.0.1', '::1'],
    );
  });

  it('an answer that lacks a parameter is a fault', () => {
    assert.throws(() => readLocalParameters('v=0\r\n', 4000, []), Fault);
  });
});
