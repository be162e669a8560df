import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrackTimeline } from './timeline.ts';

test('the first unit is at its arrival, and from then on the track has its own clock, across the wrap', () => {
  const timeline = new TrackTimeline(90_000);
  timeline.begin(5000);
  assert.equal(timeline.place(4_294_967_000, 5000), 0);
  assert.equal(timeline.place((4_294_967_000 + 3000) % 2 ** 32, 5050), 3000);
  assert.equal(timeline.place((4_294_967_000 + 6000) % 2 ** 32, 5051), 6000);
  assert.equal(timeline.reanchored, 0);
});

test('sound is anchored by its least delayed packet, and what was said before the epoch is negative', () => {
  const timeline = new TrackTimeline(48_000);
  for (const [index, delayMs] of [30, 5, 60, 25].entries())
    timeline.observe(index * 960, 1000 + index * 20 + delayMs);
  timeline.begin(1100);
  assert.equal(timeline.place(4 * 960, 1085), -15 * 48);
  assert.equal(timeline.place(5 * 960, 1200), 5 * 48);
});

for (const [name, step] of [
  ['runs backwards', -90_000],
  ['stands still', 0],
  ['jumps by eleven seconds', 990_000],
  ['jumps by half a turn', 2 ** 31 - 1],
] as const) {
  test(`a timestamp that ${name} is put where it arrived, and the track goes on from there`, () => {
    const timeline = new TrackTimeline(90_000);
    timeline.begin(0);
    timeline.place(1_000_000, 0);
    timeline.place(1_003_000, 33);
    const jumped = (1_003_000 + step + 2 ** 32) % 2 ** 32;
    assert.equal(timeline.place(jumped, 70), 6300);
    assert.equal(timeline.place((jumped + 3000) % 2 ** 32, 100), 9300);
    assert.equal(timeline.reanchored, 1);
  });
}

test('steps below the limit that add up to ten seconds ahead of arrival are not believed either', () => {
  const timeline = new TrackTimeline(90_000);
  timeline.begin(0);
  let last = -1;
  for (let i = 0; i < 100; i++) {
    const pts = timeline.place(i * 810_000, i * 33);
    assert.ok(pts > last);
    last = pts;
  }
  assert.ok(last < 10_000 * 90 + 100 * 90 * 33);
  assert.ok(timeline.reanchored > 0);
});

test('whatever the timestamps, what is placed strictly increases', () => {
  const timeline = new TrackTimeline(48_000);
  timeline.begin(0);
  let last = -1;
  for (let i = 0; i < 2000; i++) {
    const pts = timeline.place(Math.imul(i, 2_654_435_761) >>> 0, i);
    assert.ok(pts > last, `${pts} after ${last}`);
    last = pts;
  }
});

test('sender reports move video towards sound by ten milliseconds a second, without a jump', () => {
  const audio = new TrackTimeline(48_000);
  const video = new TrackTimeline(90_000);
  audio.begin(0);
  video.begin(0);
  audio.place(0, 0);
  video.place(0, 0);
  // Both were captured at NTP 1000 by sound, but the picture at 1100: it belongs 100 ms later.
  audio.senderReport(1000, 0);
  video.senderReport(1100, 0);
  video.correct(video.zeroNtpMs() - audio.zeroNtpMs());
  let last = 0;
  for (let frame = 1; frame <= 30 * 20; frame++) {
    const pts = video.place(frame * 3000, frame * 33.3);
    assert.ok(pts - last >= 2970 && pts - last <= 3031, `${pts - last}`);
    last = pts;
    if (frame === 30 * 5)
      assert.ok(Math.abs(pts - frame * 3000 - 50 * 90) <= 2, 'half of it after five seconds');
    if (frame % 30 === 0) video.correct(video.zeroNtpMs() - audio.zeroNtpMs());
  }
  assert.ok(Math.abs(last - 600 * 3000 - 100 * 90) <= 2, `${last}`);
  assert.ok(Math.abs(video.zeroNtpMs() - audio.zeroNtpMs()) < 0.1);
});

test('sender reports that are seconds apart are not believed', () => {
  const video = new TrackTimeline(90_000);
  video.begin(0);
  video.place(0, 0);
  video.correct(60_000);
  video.correct(Number.NaN);
  assert.equal(video.place(90_000, 1000), 90_000);
});

test('after reordered pictures the next one is behind them, however short its step', () => {
  const timeline = new TrackTimeline(90_000);
  timeline.begin(0);
  const placed = [9000, 3000, 6000, 9001].map(timestamp => timeline.place(timestamp, 100));
  assert.deepEqual(
    placed.map(pts => pts - placed[0]!),
    [0, 1, 2, 3],
  );
});
