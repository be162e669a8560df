import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { Refusal } from '#contract/errors.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { BLOCK_MS_MAX, HELD_SEGMENTS_MAX, SKIP_BOUNDARY_S } from './limits.ts';
import type { RecordingSink } from './packager.ts';
import type { SegmentMedia } from './segment.ts';
import { type HlsAnswer, type HlsOutcome, Pending, type RenditionName } from './source.ts';

const epochMs = Date.UTC(2026, 0, 1);

function rig(recording?: RecordingSink) {
  const clock = new FakeClock();
  return { clock, ...feedPackager({ clock, epochMs, ...(recording ? { recording } : {}) }) };
}

function text(answer: HlsAnswer | null): string {
  assert.ok(answer && 'chunks' in answer, 'an answer at once');
  return answer.chunks.map(chunk => new TextDecoder().decode(chunk)).join('');
}

/** Subscribes to an answer that must not be there yet. */
function waiting(answer: HlsAnswer): { outcome: HlsOutcome | null; cancel(): void } {
  assert.ok(answer instanceof Pending, 'the answer waits');
  const box = { outcome: null as HlsOutcome | null, cancel: () => answer.cancel() };
  answer.onSettled(outcome => {
    box.outcome = outcome;
  });
  return box;
}

/** The code of a refusal, or null. */
function refused(outcome: HlsAnswer | null): string | null {
  return outcome instanceof Refusal ? outcome.code : null;
}

const plain = { msn: null, part: null };

test('the first playlist waits for the first segment, and says what players rely on', () => {
  const { packager, until } = rig();
  const first = waiting(packager.source.playlist('video', plain));
  until(0.6);
  const playlist = text(first.outcome);
  for (const line of [
    '#EXT-X-TARGETDURATION:4',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-DISCONTINUITY-SEQUENCE:0',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,PART-HOLD-BACK=0.66,HOLD-BACK=12',
    '#EXT-X-PART-INF:PART-TARGET=0.22',
    '#EXT-X-MAP:URI="init-0.mp4"',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z',
    '#EXT-X-PART:DURATION=0.2,URI="0.0.m4s",INDEPENDENT=YES',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1.0.m4s"',
    '#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=0,LAST-PART=1',
  ])
    assert.ok(playlist.includes(`${line}\n`), `${line}\n---\n${playlist}`);
});

test('the multivariant playlist waits until every rendition has a segment', () => {
  const { packager, until } = rig();
  const answer = waiting(packager.source.multivariant());
  until(0.6);
  assert.equal(answer.outcome, null);
  until(0.7);
  assert.match(
    text(answer.outcome),
    /CODECS="avc1\.64000d,mp4a\.40\.2",RESOLUTION=320x180,FRAME-RATE=30\.000,AUDIO="audio"\nvideo\/index/,
  );
});

test('what players hold on to never changes between reloads', () => {
  const { packager, until } = rig();
  const constants = new Set<string>();
  for (let at = 0.7; at < 60; at += 0.7) {
    until(at);
    const lines = text(packager.source.playlist('video', plain)).split('\n');
    constants.add(lines.filter(line => /TARGETDURATION|SERVER-CONTROL|PART-INF|VERSION/.test(line)).join());
  }
  assert.equal(constants.size, 1);
});

test('a blocking reload is answered when its part is published, and by one body for all', () => {
  const { packager, until } = rig();
  until(1);
  const first = waiting(packager.source.playlist('video', { msn: 1, part: 3 }));
  const second = waiting(packager.source.playlist('video', { msn: 1, part: 3 }));
  until(1.3);
  assert.equal(first.outcome, null);
  until(1.4);
  assert.match(text(first.outcome), /1\.3\.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1\.4\.m4s"/);
  assert.equal(first.outcome, second.outcome);
});

test('_HLS_msn without _HLS_part blocks until the segment has its first part', () => {
  const { packager, until } = rig();
  until(1);
  const answer = waiting(packager.source.playlist('video', { msn: 2, part: null }));
  until(2.1);
  assert.equal(answer.outcome, null);
  until(2.3);
  assert.match(text(answer.outcome), /URI="2\.0\.m4s"/);
});

test('a part number past the end of its segment means the first part of the next', () => {
  const { packager, until } = rig();
  until(1.9);
  const answer = waiting(packager.source.playlist('video', { msn: 1, part: 12 }));
  until(2.1);
  assert.equal(answer.outcome, null, 'the segment has ended, the next has no part');
  until(2.3);
  assert.match(text(answer.outcome), /URI="2\.0\.m4s"/);
});

test('asking too far ahead is refused', () => {
  const { packager, until } = rig();
  until(1);
  for (const query of [
    { msn: 4, part: 0 },
    { msn: 1, part: 40 },
  ]) {
    const answer = packager.source.playlist('video', query);
    assert.equal(refused(answer), 'invalid-request');
  }
  assert.ok(packager.source.playlist('video', { msn: 3, part: 0 }) instanceof Pending);
});

test('a request that waited three target durations is told to come again', () => {
  const { packager, clock, until } = rig();
  until(1);
  const answer = waiting(packager.source.playlist('video', { msn: 2, part: 0 }));
  clock.advance(BLOCK_MS_MAX - 1000);
  assert.equal(answer.outcome, null);
  clock.advance(2000);
  assert.equal(refused(answer.outcome), 'nothing-new');
});

test('the hinted part is waited for; one nobody hinted is not there', () => {
  const { packager, until } = rig();
  until(1);
  const hinted = waiting(packager.source.part('video', 1, 2));
  const beyond = packager.source.part('video', 1, 3);
  assert.equal(refused(beyond), 'not-found');
  until(1.2);
  assert.ok(hinted.outcome && !(hinted.outcome instanceof Refusal) && hinted.outcome.length > 100);
});

test('every hint comes true', () => {
  const { packager, until } = rig();
  const hints = new Set<string>();
  const parts = new Set<string>();
  for (let at = 0.7; at < 12; at += 1 / 30) {
    until(at);
    for (const name of ['video', 'audio'] as const) {
      const playlist = text(packager.source.playlist(name, plain));
      for (const [, part] of playlist.matchAll(/PART:.*URI="([^"]+)"/g)) parts.add(`${name}/${part}`);
      hints.add(`${name}/${/HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist)?.[1]}`);
    }
  }
  assert.ok(hints.size > 90);
  const open = [...hints].filter(hint => !parts.has(hint));
  assert.ok(open.length <= 2, open.join());
});

test('a segment is its parts in a row', () => {
  const { packager, until } = rig();
  until(4.5);
  const segment = packager.source.segment('video', 2);
  assert.ok('chunks' in segment);
  assert.equal(segment.chunks.length, 10);
  segment.chunks.forEach((chunk, i) => {
    const part = packager.source.part('video', 2, i);
    assert.ok('chunks' in part);
    assert.equal(part.chunks[0], chunk);
  });
});

const listedIn = (playlist: string) =>
  [...playlist.matchAll(/^(\d+)\.m4s$/gm)].map(match => Number(match[1]));

/** A recording that keeps what `kept` says. */
function recordingThat(kept: (rendition: RenditionName, segment: SegmentMedia) => boolean): RecordingSink {
  const stored = new Set<SegmentMedia>();
  return {
    init() {},
    part() {},
    segment: (rendition, _timescale, segment) => void (kept(rendition, segment) && stored.add(segment)),
    isKept: segment => stored.has(segment),
  };
}

test('without a recording the playlist is as long as memory, and what is listed can be fetched', () => {
  const { packager, until } = rig();
  until(100);
  const playlist = text(packager.source.playlist('video', plain));
  const listed = listedIn(playlist);
  assert.ok(listed.length >= HELD_SEGMENTS_MAX - 3 && listed.length < HELD_SEGMENTS_MAX, `${listed.length}`);
  assert.match(playlist, new RegExp(`#EXT-X-MEDIA-SEQUENCE:${listed[0]}\n`));
  for (const msn of listed) assert.ok('chunks' in packager.source.segment('video', msn));
  assert.ok(packager.source.segment('video', listed[0]! - 3) instanceof Refusal);
});

test('a recorded broadcast is listed from its start, while its bytes leave memory', () => {
  const { packager, until } = rig(recordingThat(() => true));
  until(400);
  for (const name of ['video', 'audio'] as const) {
    const playlist = text(packager.source.playlist(name, plain));
    const listed = listedIn(playlist);
    assert.deepEqual(listed, [...listed.keys()]);
    assert.ok(listed.length > 195, `${listed.length} segments of ${name}`);
    assert.equal(playlist.match(/EXT-X-MAP/g)?.length, 1);
    assert.ok(packager.source.segment(name, 100) instanceof Refusal, 'the recording has it');
  }
});

test('what the recording lost is not listed, nor what came before it, in any rendition', () => {
  const { packager, until } = rig(recordingThat((name, segment) => name === 'audio' || segment.msn !== 30));
  until(200);
  const listed = listedIn(text(packager.source.playlist('video', plain)));
  assert.equal(listed[0], 31);
  const startsS = (['video', 'audio'] as const).map(name => {
    const date = /DATE-TIME:(.*)/.exec(text(packager.source.playlist(name, plain)))![1]!;
    return (Date.parse(date) - epochMs) / 1000;
  });
  assert.equal(startsS[0], 60);
  assert.ok(startsS[1]! >= startsS[0]! && startsS[1]! < startsS[0]! + 2, startsS.join());
});

test('a delta update leaves out what is past the skip boundary, and nothing else', () => {
  const { packager, until } = rig(recordingThat(() => true));
  until(20);
  const young = { msn: 9, part: 5, skip: true };
  until(23.9);
  assert.doesNotMatch(
    text(packager.source.playlist('video', young)),
    /SKIP:/,
    'there is nothing to leave out',
  );
  for (let at = 24; at < 200; at += 1.3) {
    until(at);
    for (const name of ['video', 'audio'] as const) {
      const whole = text(packager.source.playlist(name, plain));
      const update = text(packager.source.playlist(name, { ...plain, skip: true }));
      const skipped = Number(/#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)\n/.exec(update)?.[1] ?? 0);
      const kept = update.slice(update.indexOf('#EXT-X-PROGRAM-DATE-TIME'));
      assert.ok(whole.endsWith(kept), 'what is left is as in the whole');
      assert.equal(listedIn(whole).length - listedIn(update).length, skipped);
      const listedS = lengthS(kept);
      assert.ok(listedS >= SKIP_BOUNDARY_S || skipped === 0, `${listedS} s are left`);
      assert.ok(listedS < SKIP_BOUNDARY_S + 2.5, `${listedS} s are left`);
    }
  }
});

/** Seconds listed, parts of the segment that is being made included. */
function lengthS(playlist: string): number {
  const open = playlist.slice(playlist.lastIndexOf('.m4s\n') + 5);
  const finished = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)];
  const parts = [...open.matchAll(/PART:DURATION=([\d.]+)/g)];
  return [...finished, ...parts].reduce((sum, match) => sum + Number(match[1]), 0);
}

test('the end publishes what is left, ends the playlists and lets everybody go', async () => {
  const { packager, until } = rig();
  until(3.05);
  const reload = waiting(packager.source.playlist('video', { msn: 3, part: 0 }));
  const hinted = waiting(packager.source.part('audio', 2, 2));
  await packager.finish();
  assert.match(text(reload.outcome), /#EXTINF:1\.0\d+,\n2\.m4s\n#EXT-X-ENDLIST\n$/);
  assert.ok(hinted.outcome);
  const durations = (['video', 'audio'] as const).map(name => {
    const playlist = text(packager.source.playlist(name, plain));
    return [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
  });
  assert.ok(Math.abs(durations[0]! - durations[1]!) < 0.05, durations.join());
});

test('the recording gets every initialization section and segment once, in order', async () => {
  const got: string[] = [];
  const { packager, until } = rig({
    init: (rendition, init) => got.push(`${rendition} init ${init.number}`),
    part() {},
    isKept: () => true,
    segment: (rendition, _timescale, segment) => got.push(`${rendition} ${segment.msn}`),
  });
  until(5);
  await packager.finish();
  const of = (name: string) => got.filter(line => line.startsWith(name));
  assert.deepEqual(of('video'), ['video init 0', 'video 0', 'video 1', 'video 2', 'video 3']);
  assert.deepEqual(of('audio'), ['audio init 0', 'audio 0', 'audio 1', 'audio 2', 'audio 3']);
});

test('someone who leaves no longer waits', () => {
  const { packager, until } = rig();
  until(1);
  const answer = waiting(packager.source.playlist('video', { msn: 1, part: 3 }));
  answer.cancel();
  until(2);
  assert.equal(answer.outcome, null);
});
