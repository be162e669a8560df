import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from './address.ts';
import { FairPlaces } from './fair-places.ts';

test('one address has as many places as it likes while there is room, and only then gives them up', () => {
  const places = new FairPlaces<string>(10);
  for (let i = 0; i < 10; i++)
    assert.deepEqual(places.enter(`flood ${i}`, placeOf('192.0.2.1')), { isIn: true, evicted: null });
  assert.deepEqual(places.enter('flood 10', placeOf('192.0.2.1')), { isIn: false });
  assert.deepEqual(places.enter('ana', placeOf('192.0.2.2')), { isIn: true, evicted: 'flood 0' });
  assert.equal(places.size, 10);
});

test('many addresses that flood take from each other, never from who has few', () => {
  const places = new FairPlaces<string>(100);
  places.enter('ana', placeOf('198.51.100.1'));
  const evicted = new Set<string | null>();
  for (let i = 0; i < 10_000; i++) {
    const entry = places.enter(`flood ${i}`, placeOf(`192.0.2.${i % 20}`));
    if (entry.isIn) evicted.add(entry.evicted);
  }
  assert.ok(!evicted.has('ana'));
  assert.ok(places.enter('bob', placeOf('198.51.100.2')).isIn);
  places.leave('bob');
  places.leave('bob');
  assert.equal(places.size, 99);
});

test('a /48 counts for a sixteenth of its /64s, and one of them for itself', () => {
  const places = new FairPlaces<string>(64);
  for (let i = 0; i < 63; i++) places.enter(`${i}`, placeOf(`2001:db8:1:${i}::1`));
  places.enter('ana', placeOf('192.0.2.1'));
  assert.deepEqual(places.enter('bob', placeOf('192.0.2.2')), { isIn: true, evicted: '0' });
  const campus = new FairPlaces<string>(35);
  for (let i = 0; i < 30; i++) campus.enter(`student ${i}`, placeOf(`2001:db8:1:${i}::1`));
  for (let i = 0; i < 5; i++) campus.enter(`flood ${i}`, placeOf('192.0.2.1'));
  assert.deepEqual(campus.enter('bob', placeOf('192.0.2.2')), { isIn: true, evicted: 'flood 0' });
  const same = new FairPlaces<string>(4);
  for (let i = 0; i < 4; i++) same.enter(`${i}`, placeOf(`2001:db8:1:1::${i}`));
  assert.deepEqual(same.enter('neighbour', placeOf('2001:db8:1:2::1')), { isIn: false });
  assert.ok(same.enter('ana', placeOf('192.0.2.1')).isIn);
});

test('who is one of the heaviest leaves in time that does not grow', () => {
  const places = new FairPlaces<number>(20_000);
  for (let i = 0; i < 20_000; i++) places.enter(i, placeOf('192.0.2.1'));
  for (let i = 0; i < 19_000; i++)
    assert.equal(places.enter(20_000 + i, placeOf(`10.0.${i % 250}.1`)).isIn, true);
  assert.equal(places.size, 20_000);
});
