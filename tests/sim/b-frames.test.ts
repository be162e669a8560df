import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { isSlice } from '#media/h264/nal.ts';
import type { Unit, VideoUnit } from '#media/unit.ts';
import { B_FRAMES_FILE, type FilmPicture, readFilm } from '#tests/support/film.ts';
import { OddBroadcast } from '#tests/support/odd-broadcast.ts';
import { assertPlays, FORCED_CUTS } from '#tests/support/odd-scene.ts';
import { Seeded } from '#tests/support/seeded.ts';

const FPS = 24;
let film: readonly FilmPicture[];

before(async () => {
  film = await readFilm(B_FRAMES_FILE);
});

interface Sent {
  readonly broadcast: OddBroadcast;
  readonly units: readonly VideoUnit[];
}

/** Sends the film as an encoder would: pictures in the order of decoding, evenly, each with the time at which it is shown. */
async function send(loses: () => boolean, pictures: readonly FilmPicture[] = film): Promise<Sent> {
  const broadcast = await OddBroadcast.open();
  broadcast.loses = loses;
  const units: VideoUnit[] = [];
  broadcast.stream.read({
    unit: (_track, unit: Unit) => unit.kind === 'video' && units.push(unit),
    ended() {},
  });
  let sound = 0;
  for (const [i, { pts, nals }] of pictures.entries()) {
    const ms = (i * 1000) / FPS;
    for (; sound * 20 <= ms; sound++) {
      await broadcast.advance(Math.max(0, sound * 20 - broadcast.clock.monotonicMs()));
      broadcast.publisher.sound(sound * 960);
    }
    await broadcast.advance(Math.max(0, ms - broadcast.clock.monotonicMs()));
    broadcast.publisher.nals(900_000 + pts, nals);
  }
  return { broadcast, units };
}

/** Parameter sets may be lost before their picture. */
const bytesOf = (nals: readonly Uint8Array[]) => Buffer.concat(nals.filter(isSlice)).toString('base64');

function assertInOrder(units: readonly VideoUnit[]): void {
  for (const [i, { pts, dts }] of units.entries()) {
    assert.ok(dts <= pts, `picture ${i} is decoded ${dts - pts} ticks after it is shown`);
    assert.ok(i === 0 || dts > units[i - 1]!.dts, `picture ${i} is decoded before the one before it`);
  }
}

test('B-frames are shown where they belong, at their full rate, and their owner is told', async () => {
  const { broadcast, units } = await send(() => false);
  assert.equal(units.length, film.length);
  assertInOrder(units);
  for (const [i, unit] of units.entries()) {
    assert.ok(
      Math.abs(unit.pts - film[i]!.pts) <= 1,
      `picture ${i} is shown at ${unit.pts}, not ${film[i]!.pts}`,
    );
    assert.equal(bytesOf(unit.nals), bytesOf(film[i]!.nals));
  }
  assert.deepEqual(broadcast.stream.troubles, ['reordered-pictures']);
  assert.ok(broadcast.session.stats.reordered > film.length / 2);
  await assertPlays(broadcast, film.length / FPS);
});

for (const percent of [5, 20])
  test(`with ${percent} % of the packets lost what is shown is in its order`, async t => {
    const random = new Seeded(700 + percent);
    t.diagnostic(`seed ${random.seed}`);
    const { broadcast, units } = await send(() => random.chance(percent / 100));
    const shownAt = new Map(film.map(({ nals, pts }) => [bytesOf(nals), pts]));
    assert.ok(units.length > (percent === 5 ? 50 : 5), `${units.length} pictures came`);
    assertInOrder(units);
    const shift = units[0]!.pts - shownAt.get(bytesOf(units[0]!.nals))!;
    for (const unit of units) {
      const pts = shownAt.get(bytesOf(unit.nals))! + shift;
      assert.ok(Math.abs(unit.pts - pts) <= 1, `shown at ${unit.pts}, not ${pts}`);
    }
    // A key frame that is followed by a hole is a segment without listed parts, where one was hinted at.
    await assertPlays(broadcast, film.length / FPS, 12, [...FORCED_CUTS, 'preload-hint-fulfilled']);
  });

test('an encoder that turns B-frames off is watched as it comes again after ten seconds', async () => {
  const steady = Array.from({ length: 14 * FPS }, (_, i): FilmPicture => {
    const key = i % 48 === 0;
    const nals = key ? film[0]!.nals : [Uint8Array.of(0x41, 0x9a, 1, 2, 3)];
    return { pts: (48 + i) * 3750, key, nals };
  });
  const { broadcast, units } = await send(() => false, [...film.slice(0, 48), ...steady]);
  assert.deepEqual(broadcast.stream.troubles, []);
  assertInOrder(units);
  assert.equal(units.at(-1)!.dts, units.at(-1)!.pts);
  await assertPlays(broadcast, 16);
});
