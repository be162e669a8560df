import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog, type FinishedSegment, SLOT_S } from './backlog.ts';

const SKIP_S = 24;
const LENGTH_S = 600;

function segment(msn: number, change: Partial<FinishedSegment> = {}): FinishedSegment {
  return {
    msn,
    startS: msn * 2,
    durationS: 2,
    uri: `${msn}.m4s`,
    programDateMs: msn * 2000,
    map: 'init-0.mp4',
    discontinuity: false,
    parts: [],
    ...change,
  };
}

function fill(count: number, change: (msn: number) => Partial<FinishedSegment> = () => ({})): Backlog {
  const backlog = new Backlog(SKIP_S, LENGTH_S);
  for (let msn = 0; msn < count; msn++) backlog.append(segment(msn, change(msn)), msn - 15);
  return backlog;
}

function textOf(backlog: Backlog): string {
  return backlog.sealed.map(bytes => new TextDecoder().decode(bytes)).join('') + backlog.recentText;
}

const urisOf = (text: string) => [...text.matchAll(/^(\d+)\.m4s$/gm)].map(match => Number(match[1]));

test('every segment is listed once and in order, whatever is sealed of it', () => {
  for (const count of [1, 29, 45, 46, 200]) {
    const listed = urisOf(textOf(fill(count)));
    assert.deepEqual(listed, [...Array(count).keys()]);
  }
});

test('what is sealed stays the same object, so that it is compressed once', () => {
  const backlog = fill(100);
  const before = backlog.sealed;
  assert.equal(before.length, Math.floor((100 * 2 - 2 * 15) / SLOT_S));
  for (let msn = 100; msn < 200; msn++) backlog.append(segment(msn), msn - 15);
  before.forEach((bytes, i) => void assert.equal(backlog.sealed[i], bytes));
});

test('segments that may still be lost, or that delta updates list, are not sealed', () => {
  const held = new Backlog(SKIP_S, LENGTH_S);
  for (let msn = 0; msn < 100; msn++) held.append(segment(msn), 0);
  assert.equal(held.sealed.length, 0);
  const short = new Backlog(SKIP_S, LENGTH_S);
  for (let msn = 0; msn <= 30 + 11; msn++) {
    assert.equal(short.sealed.length, 0, `with ${msn} segments`);
    short.append(segment(msn), msn);
  }
  assert.equal(short.sealed.length, 1);
});

test('a playlist that became too long loses its oldest minutes, and counts the discontinuities that go', () => {
  const backlog = fill(600, msn => ({ discontinuity: msn % 30 === 7 }));
  const first = backlog.first!;
  assert.equal(first.startS % SLOT_S, 0);
  assert.ok(1200 - first.startS <= LENGTH_S && 1200 - first.startS > LENGTH_S - SLOT_S, `${first.startS}`);
  assert.equal(backlog.discontinuitiesGone, first.msn / 30);
  assert.equal(urisOf(textOf(backlog))[0], first.msn);
});

test('two renditions lose the same minutes', () => {
  const audio = new Backlog(SKIP_S, LENGTH_S);
  for (let msn = 0; msn < 625; msn++)
    audio.append(segment(msn, { startS: msn * 1.92, durationS: 1.92 }), msn - 15);
  const apartS = audio.first!.startS - fill(600).first!.startS;
  assert.ok(apartS >= 0 && apartS < 1.92, `${apartS} s`);
});

test('the initialization section is named where it changes, and not for the first segment', () => {
  const text = textOf(fill(100, msn => ({ map: msn < 50 ? 'init-0.mp4' : 'init-1.mp4' })));
  assert.deepEqual(text.match(/EXT-X-MAP.*/g), ['EXT-X-MAP:URI="init-1.mp4"']);
  assert.equal(fill(3).lastMap, 'init-0.mp4');
});

test('a delta update lists at least the skip boundary and counts the rest', () => {
  const backlog = fill(200);
  const update = backlog.delta(5);
  assert.deepEqual(
    urisOf(update.text),
    [...Array(10).keys()].map(i => 190 + i),
  );
  assert.equal(update.skipped, 190);
  assert.deepEqual(fill(5).delta(5), { skipped: 0, text: textOf(fill(5)) });
});

test('what was lost goes with everything before it', () => {
  const backlog = fill(200, msn => ({ discontinuity: msn === 150 }));
  backlog.startAt(380);
  assert.equal(backlog.first!.msn, 190);
  assert.equal(backlog.discontinuitiesGone, 1);
  assert.equal(backlog.delta(4).skipped, 0);
  backlog.startAt(1000);
  assert.equal(backlog.first, null);
  backlog.append(segment(200, { map: 'init-1.mp4' }), 190);
  assert.doesNotMatch(backlog.recentText, /EXT-X-MAP/);
});
