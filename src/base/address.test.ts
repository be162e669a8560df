import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOOPBACK, Networks, NOWHERE, placeOf } from './address.ts';
import { Callers } from './callers.ts';
import { FakeClock } from './fake-clock.ts';
import { GuessLimits } from './guess-limits.ts';
import { PlaceBuckets } from './place-buckets.ts';

const networks = (...entries: string[]) => Networks.parse(entries)!;

describe('the place of an address', () => {
  it('is the address of IPv4, however it is written', () => {
    for (const text of [
      '203.0.113.9',
      '::ffff:203.0.113.9',
      '::FFFF:cb00:7109',
      '0:0:0:0:0:ffff:203.0.113.9',
    ])
      assert.deepEqual(placeOf(text), { near: '203.0.113.9', wide: null }, text);
  });

  it('is the /64 of IPv6, with its /48', () => {
    const place = { near: '2001:db8:1:2::/64', wide: '2001:db8:1::/48' };
    for (const text of [
      '2001:db8:1:2:3:4:5:6',
      '2001:DB8:1:2::9',
      '2001:0db8:0001:0002::',
      '2001:db8:1:2::%eth0',
    ])
      assert.deepEqual(placeOf(text), place, text);
    assert.equal(placeOf('::1').near, '0:0:0:0::/64');
    assert.equal(placeOf('64:ff9b::203.0.113.9').near, '64:ff9b:0:0::/64');
  });

  it('is one and the same for everything that is no address', () => {
    const none = [
      '',
      'unknown',
      '1.2.3',
      '1.2.3.256',
      '1::2::3',
      '1:2:3:4:5:6:7:8:9',
      ':::',
      '12345::',
      '::1.2.3.4.5',
    ];
    for (const text of [...none, '1'.repeat(10_000), '1:2:3:4:5:6:7::8', ':1:2:3:4:5:6:7'])
      assert.equal(placeOf(text), NOWHERE, text.slice(0, 40));
  });
});

describe('networks', () => {
  it('hold the addresses that lie in them', () => {
    const some = networks('10.0.0.0/8', '192.0.2.7', '2001:db8::/33', '::ffff:172.16.0.0/108');
    for (const inside of ['10.255.1.1', '::ffff:10.1.1.1', '192.0.2.7', '2001:db8:7fff::1', '172.31.0.1'])
      assert.ok(some.has(inside), inside);
    for (const outside of ['11.0.0.1', '192.0.2.8', '2001:db8:8000::1', '172.32.0.1', '', 'x'])
      assert.ok(!some.has(outside), outside);
    assert.ok(networks('0.0.0.0/0').has('203.0.113.9'));
  });

  it('that are no networks are told', () => {
    for (const entry of [
      '',
      'localhost',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '::/129',
      '::ffff:1.2.3.4/90',
    ])
      assert.equal(Networks.parse([entry]), null, entry);
  });
});

describe('callers', () => {
  const callers = new Callers(networks(...LOOPBACK, '10.0.0.0/8'));
  const asked = (remoteAddress: string | undefined, forwarded?: string) => ({
    socket: { remoteAddress },
    headers: { 'x-forwarded-for': forwarded },
  });
  const cases: [string | undefined, string | undefined, string][] = [
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:127.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['10.0.0.2', '1.1.1.1, 198.51.100.1, 10.0.0.1', '198.51.100.1'],
    ['10.0.0.2', '10.0.0.1', '10.0.0.1'],
    ['10.0.0.2', '198.51.100.1:5000', '198.51.100.1'],
    ['10.0.0.2', '[2001:db8::7]:5000', '2001:db8::7'],
    ['10.0.0.2', '', '10.0.0.2'],
    [undefined, '198.51.100.1', ''],
  ];

  it('are who a proxy says they are, and nobody else is believed', () => {
    for (const [peer, forwarded, address] of cases)
      assert.equal(callers.addressOf(asked(peer, forwarded)), address, `${peer} ${forwarded}`);
    assert.equal(callers.placeOf(asked('127.0.0.1', 'x'.repeat(16_000))), NOWHERE);
    assert.ok(callers.isForwarded(asked('10.0.0.2', '198.51.100.1')));
    assert.ok(!callers.isForwarded(asked('10.0.0.2')), 'a program on a trusted machine is no proxy');
    assert.ok(!callers.isForwarded(asked('203.0.113.9', '198.51.100.1')));
  });

  it('are not walked back for ever', () => {
    const hops = Array.from({ length: 4000 }, () => '10.0.0.1').join(',');
    assert.equal(callers.addressOf(asked('10.0.0.2', hops)), '10.0.0.1');
  });
});

describe('buckets of places', () => {
  it('hold a /48 to a larger allowance, whichever of its /64s asks', () => {
    const buckets = new PlaceBuckets(new FakeClock(), { burst: 2, perSecond: 1 }, 1000);
    const take = (address: string) => buckets.take(placeOf(address)) === 0;
    assert.deepEqual([take('192.0.2.1'), take('::ffff:192.0.2.1'), take('192.0.2.1')], [true, true, false]);
    assert.ok(take('192.0.2.2'), 'the neighbour has his own');
    const taken = Array.from({ length: 100 }, (_, i) => take(`2001:db8:1:${i.toString(16)}::1`));
    assert.equal(taken.filter(Boolean).length, 32);
    assert.ok(take('2001:db8:2::1'));
  });
});

describe('limits of guesses', () => {
  it('hold strangers to one account together, and leave its known devices alone', () => {
    const allowance = (burst: number) => ({ burst, perSecond: 0.1 });
    const limits = new GuessLimits(
      new FakeClock(),
      { subject: allowance(3), device: allowance(2), place: allowance(100) },
      1000,
    );
    const guess = (subject: string, address: string, device: string | null = null) =>
      limits.take({ subject, place: placeOf(address), device }) === 0;
    const strangers = [1, 2, 3, 4].map(last => guess('ana', `192.0.2.${last}`));
    assert.deepEqual(strangers, [true, true, true, false]);
    assert.ok(guess('ana', '192.0.2.4', 'phone'), 'the owner is not locked out');
    assert.deepEqual([guess('ana', '192.0.2.4', 'phone'), guess('ana', '192.0.2.4', 'phone')], [true, false]);
    assert.ok(guess('bob', '192.0.2.4'));
  });
});
