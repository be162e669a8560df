import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOP_PACKETS_MAX } from '#live/stream/gop-cache.ts';
import { corpusHex } from '#tests/support/corpus.ts';
import { heldBytes } from '#tests/support/held-bytes.ts';
import { OddBroadcast } from '#tests/support/odd-broadcast.ts';
import { assertPlays, FORCED_CUTS, NEWEST_CODEC, play, send, WANDERS } from '#tests/support/odd-scene.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { PPS, SPS } from '#tests/support/simulated-publisher.ts';

for (const fps of [1, 2, 5, 10, 15, 24, 25, 30, 50, 60, 120])
  test(`${fps} pictures a second`, async () => {
    await assertPlays(await play({ seconds: 20, fps }), 20);
  });

test('pictures that come when they please', async t => {
  const random = new Seeded(601);
  t.diagnostic(`seed ${random.seed}`);
  const jitter = (ms: number) => (ms + random.next() * 25) * 90;
  await assertPlays(await play({ seconds: 30, timestamp: jitter }), 30);
});

test('pictures of which two in three are left out at random', async t => {
  const random = new Seeded(602);
  t.diagnostic(`seed ${random.seed}`);
  await assertPlays(await play({ seconds: 30, pictureAt: () => random.chance(0.33) }), 30, 1.5, FORCED_CUTS);
});

test('no key frame ever: nothing is shown, it is asked for one a second, its owner is told, and nothing piles up', async () => {
  const broadcast = await play({ seconds: 60, key: () => false });
  assert.equal(broadcast.lint, null);
  assert.equal(broadcast.stream.epochMs, null);
  assert.equal(broadcast.stream.gop().length, 0);
  assert.deepEqual(broadcast.stream.troubles, ['no-picture']);
  const { keyframesAsked } = broadcast.session.stats;
  assert.ok(keyframesAsked > 50 && keyframesAsked <= 61, `asked ${keyframesAsked} times`);
  await broadcast.end();
});

test('one key frame and never another', async () => {
  const broadcast = await play({ seconds: 90, key: i => i === 0 });
  await assertPlays(broadcast, 90, 1.5, FORCED_CUTS);
});

for (const [name, key, expected] of [
  ['is said of one that answers', (_i: number, wanted: boolean) => wanted, [true]],
  ['is never said of one that sends no second key frame', (i: number) => i === 0, [false]],
  [
    'is taken back once, and never said again',
    (i: number, wanted: boolean) => wanted && (i < 300 || i > 600),
    [true, false],
  ],
] as const)
  test(`that segments are independent ${name}`, async () => {
    const said: boolean[] = [];
    const before = ({ lint }: OddBroadcast) => {
      const now = lint?.playlist('video')?.independentSegments;
      if (now !== undefined && now !== said.at(-1)) said.push(now);
    };
    const broadcast = await play({ seconds: 50, key, before });
    await broadcast.end();
    assert.deepEqual(said, expected);
  });

test('a key frame a minute', async () => {
  await assertPlays(await play({ seconds: 150, key: i => i % 1800 === 0 }), 150, 1.5, FORCED_CUTS);
});

test('nothing but key frames', async () => {
  await assertPlays(await play({ seconds: 20, key: () => true }), 20);
});

test('a key frame every 3.9 s, whatever is asked', async () => {
  await assertPlays(await play({ seconds: 40, key: i => i % 117 === 0 }), 40);
});

for (const [name, by] of [
  ['a second', 1],
  ['nine seconds', 9],
  ['an hour', 3600],
  ['half the range of a timestamp', 23_860],
] as const)
  for (const sign of [1, -1])
    test(`timestamps that jump ${sign > 0 ? 'forwards' : 'backwards'} by ${name}`, async () => {
      const jump = (ms: number) => (ms < 10_000 ? 0 : sign * by * 1000);
      const broadcast = await play({ seconds: 30, timestamp: ms => (ms + jump(ms) + 1e8) * 90 });
      await assertPlays(broadcast, 30, 2.5 + Math.min(by, 10), by === 1 ? FORCED_CUTS : []);
    });

test('timestamps of both tracks that begin anew', async () => {
  const anew = (ms: number) => (ms < 10_000 ? ms : ms - 10_000);
  const scene = { timestamp: (ms: number) => anew(ms) * 90, soundTimestamp: (ms: number) => anew(ms) * 48 };
  await assertPlays(await play({ seconds: 30, ...scene }), 30);
});

test('timestamps that run backwards', async () => {
  await assertPlays(await play({ seconds: 20, timestamp: ms => (1e6 - ms) * 90 }), 20, 3);
});

test('timestamps that go back and forth in a profile without B-frames: each picture is shown, in the order they come', async () => {
  /** 0 3 1 2 6 4 5 ... */
  const shownAt = (i: number) => (i === 0 ? 0 : i % 3 === 1 ? i + 2 : i - 1);
  const key = (i: number, wanted: boolean) => (i === 0 || i % 3 === 1) && wanted;
  const broadcast = await play({ seconds: 30, key, timestamp: (_ms, i) => shownAt(i) * 3000 });
  assert.deepEqual(broadcast.stream.troubles, []);
  await assertPlays(broadcast, 30);
  assert.equal(broadcast.session.stats.reanchored, 0);
});

test('timestamps that stand still', async () => {
  await assertPlays(await play({ seconds: 20, timestamp: (ms, i) => (i < 300 ? ms * 90 : 900_000) }), 20);
});

for (const pace of [2, 1.1, 0.9, 0.5])
  test(`timestamps at ${pace} times the pace of time`, async () => {
    const broadcast = await play({ seconds: 40, timestamp: ms => ms * 90 * pace });
    await assertPlays(broadcast, 40, 12, WANDERS);
  });

test('timestamps without sense', async t => {
  const random = new Seeded(603);
  t.diagnostic(`seed ${random.seed}`);
  const broadcast = await play({ seconds: 20, timestamp: () => random.next() * 2 ** 32 });
  await assertPlays(broadcast, 20, 12);
});

test('sound alone: nothing begins, and nothing piles up', async () => {
  const broadcast = await play({ seconds: 60, pictureAt: () => false });
  assert.equal(broadcast.lint, null);
  assert.equal(broadcast.stream.gop().length, 0);
  await broadcast.end();
});

test('pictures alone have silence beside them', async () => {
  await assertPlays(await play({ seconds: 20, soundAt: () => false }), 20);
});

test('sound that comes after seven seconds, and goes after twelve', async () => {
  await assertPlays(await play({ seconds: 20, soundAt: ms => ms > 7000 && ms < 12_000 }), 20);
});

test('pictures that stop for two and for six seconds, while sound goes on', async () => {
  const paused = (ms: number) => (ms > 5000 && ms < 7000) || (ms > 12_000 && ms < 18_000);
  await assertPlays(await play({ seconds: 30, pictureAt: ms => !paused(ms) }), 30, 1.5, FORCED_CUTS);
});

test('pictures that stop for good, while sound goes on', async () => {
  await assertPlays(await play({ seconds: 30, pictureAt: ms => ms < 10_000 }), 10, 4);
});

test('sound stamped at 44,100 Hz', async () => {
  await assertPlays(await play({ seconds: 40, soundTimestamp: ms => ms * 44.1 }), 40);
});

test('sound whose timestamps jump back and forth', async () => {
  const jump = (ms: number) => (Math.floor(ms / 5000) % 2 ? 3_600_000 : 0);
  await assertPlays(await play({ seconds: 30, soundTimestamp: ms => (ms + jump(ms) + 1e7) * 48 }), 30);
});

/** Real parameter sets of 1280x720 and 1920x1080, of one level. */
const sizes = corpusHex('h264/parameter-sets.hex').slice(0, 2);
sizes[1]![3] = sizes[0]![3]!;
const high = corpusHex('h264/parameter-sets.hex')[2]!;

function alternate(on: OddBroadcast, i: number): void {
  if (i % 30 === 0) on.publisher.parameterSets = [sizes[(i / 30) % 2]!, PPS];
}

for (const [name, sets, known] of [
  ['size', sizes, []],
  ['profile', [sizes[0]!, high], NEWEST_CODEC],
] as const)
  test(`another picture ${name} every five seconds is a discontinuity each time`, async () => {
    const broadcast = await play({
      seconds: 30,
      key: (i, wanted) => wanted || i % 150 === 0,
      before(on, i) {
        if (i % 150 === 0) on.publisher.parameterSets = [sets[(i / 150) % sets.length]!, PPS];
      },
    });
    await assertPlays(broadcast, 30, 1.5, known);
    const segments = broadcast.lint?.playlist('video')?.segments ?? [];
    const breaks = segments.filter(segment => segment.discontinuity);
    assert.ok(breaks.length >= 3, `${breaks.length} discontinuities are listed`);
    const changed = segments.filter((segment, i) => i > 0 && segment.map !== segments[i - 1]!.map);
    assert.deepEqual(
      changed,
      breaks.slice(-changed.length),
      'each with an initialization section of its own',
    );
    assert.ok(changed.length >= breaks.length - 1);
  });

test('parameter sets that nobody can read leave the picture as it was', async () => {
  const broadcast = await play({
    seconds: 20,
    key: (_i, wanted) => wanted,
    before(on, i) {
      if (i === 150) on.publisher.parameterSets = [Uint8Array.of(0x67, 0xff, 0xff, 0xff, 0xff), PPS];
      if (i === 300) on.publisher.parameterSets = [SPS, PPS];
    },
  });
  await assertPlays(broadcast, 20);
});

test('pictures of 3 MB are left out, and what is between them is not shown', async () => {
  const broadcast = await play({ seconds: 12, bytes: i => (i % 60 === 30 ? 3_000_000 : 600) });
  await assertPlays(broadcast, 12, 2.5);
  assert.ok(broadcast.session.stats.unitsDropped > 0);
});

test('a 4K layer of 40 Mbit/s', async () => {
  await assertPlays(await play({ seconds: 10, bytes: i => (i % 60 === 0 ? 1_500_000 : 160_000) }), 10);
});

for (const [name, scene] of [
  ['without key frames', { key: (i: number) => i === 0 }],
  ['of nothing but key frames', { key: () => true }],
  ['with a new picture size every second', { key: (i: number) => i % 30 === 0, before: alternate }],
  [
    'whose timestamps make no sense',
    { timestamp: (_ms: number, i: number) => (i * 2_654_435_761) % 2 ** 32 },
  ],
] as const)
  test(`ten minutes ${name} hold no more memory than two`, async () => {
    const broadcast = await OddBroadcast.open(false);
    const minutes = { fps: 15, bytes: () => 3000, ...scene };
    let before = 0;
    await send(
      {
        ...minutes,
        seconds: 600,
        pictureAt(ms) {
          if (ms >= 120_000 && before === 0) before = heldBytes();
          return true;
        },
      },
      broadcast,
    );
    const moreMb = (heldBytes() - before) / 1e6;
    assert.ok(before > 0 && moreMb < 6, `${moreMb.toFixed(1)} MB more`);
    assert.ok(broadcast.stream.gop().length <= GOP_PACKETS_MAX);
    await broadcast.end();
  });

test('a picture of a thousand slices', async () => {
  const slices = Array.from({ length: 1000 }, (_, i) => Uint8Array.of(0x41, i === 0 ? 0x9a : 0x1a, 3));
  const broadcast = await play({
    seconds: 10,
    before: (on, i) => {
      if (i % 30 === 15) on.publisher.nals(i * 3000 - 1500, slices);
    },
  });
  await assertPlays(broadcast, 10);
});
