import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NACK_LIST_MAX, NACK_PATIENCE_MS_MAX, NACK_TRIES_MAX, NackList } from './nack.ts';
import { parseRtp, type RtpPacket, writeRtpHeader } from './packet.ts';
import { Reception } from './reception.ts';
import { ReorderBuffer } from './reorder.ts';
import { restoreRtx } from './rtx.ts';
import { Source } from './source.ts';
import { Unwrapper } from './unwrap.ts';

function packet(sequence: number, ssrc = 1, payload: readonly number[] = [1]): RtpPacket {
  const bytes = new Uint8Array(12 + payload.length);
  writeRtpHeader(bytes, false, 96, sequence & 0xffff, 0, ssrc, false);
  bytes.set(payload, 12);
  return parseRtp(bytes)!;
}

function due(list: NackList, nowMs: number, max = 100): number[] {
  const out: number[] = [];
  list.due(nowMs, max, out);
  return out;
}

test('sequence numbers unwrap forwards and backwards over the turn', () => {
  const unwrapper = new Unwrapper(65_536);
  const base = unwrapper.unwrap(65_534);
  assert.deepEqual(
    [65_535, 1, 0, 65_530, 2].map(value => unwrapper.unwrap(value) - base),
    [1, 3, 2, -4, 4],
  );
  assert.equal(unwrapper.peek(40_000) - base, 40_000 - 65_534);
});

test('a missing packet is asked for after a moment, then again at the pace of the round trip, ten times', () => {
  const list = new NackList();
  list.arrived(100, 0, false);
  list.arrived(102, 0, false);
  assert.deepEqual(due(list, 0), [], 'it may only be late');
  let asked = 0;
  for (let nowMs = 5; nowMs < 5000; nowMs++) asked += due(list, nowMs).length;
  assert.equal(asked, NACK_TRIES_MAX);
});

test('what arrives is not asked for again, and says whether it was asked for', () => {
  const list = new NackList();
  list.arrived(1, 0, false);
  list.arrived(4, 0, false);
  assert.equal(list.arrived(2, 1, false), false, 'it was only late');
  assert.deepEqual(due(list, 5), [3]);
  assert.equal(list.arrived(3, 40, false), true);
  assert.deepEqual(due(list, 1000), []);
});

test('answers that come fast are asked for again fast', () => {
  const tries = (roundTripMs: number): number => {
    const list = new NackList();
    let nowMs = 0;
    let sequence = 0;
    list.arrived(sequence, nowMs, false);
    for (let i = 0; i < 50; i++) {
      sequence += 2;
      list.arrived(sequence, nowMs, false);
      nowMs += 5;
      due(list, nowMs);
      nowMs += roundTripMs;
      list.arrived(sequence - 1, nowMs, false);
    }
    list.arrived(sequence + 2, nowMs, false);
    let asked = 0;
    for (let end = nowMs + 150; nowMs < end; nowMs++) asked += due(list, nowMs).length;
    return asked;
  };
  assert.ok(tries(20) > tries(100));
});

test('a round trip longer than the pace of asking is learned, and what is asked for is waited for as long', () => {
  const list = new NackList();
  const roundTripMs = 300;
  list.arrived(0, 0, false);
  for (let i = 1, nowMs = 0; i <= 40; i++, nowMs += 1000) {
    list.arrived(2 * i, nowMs, false);
    const asked: number[] = [];
    for (let at = nowMs; at < nowMs + roundTripMs + 5; at += 5) if (due(list, at).length > 0) asked.push(at);
    assert.ok(i < 30 || asked.length === 1, `asked ${asked.length} times for one packet`);
    list.arrived(2 * i - 1, asked[0]! + roundTripMs, true);
  }
  assert.equal(list.patienceMs, NACK_PATIENCE_MS_MAX);
});

test('where packets overtake each other, one that is missing is asked for later', () => {
  const list = new NackList();
  list.arrived(0, 0, false);
  list.arrived(2, 0, false);
  list.arrived(1, 60, false);
  list.arrived(4, 100, false);
  assert.deepEqual(due(list, 150), []);
  assert.deepEqual(due(list, 165), [3]);
});

test('a gap longer than the list is given up', () => {
  const list = new NackList();
  list.arrived(1, 0, false);
  list.arrived(3, 0, false);
  list.arrived(5 + NACK_LIST_MAX, 0, false);
  assert.deepEqual(due(list, 100, 1000), []);
});

interface Opened {
  readonly out: (number | string)[];
  readonly buffer: ReorderBuffer;
}

function open(slots: number): Opened {
  const out: (number | string)[] = [];
  const buffer = new ReorderBuffer(
    slots,
    delivered => out.push(delivered.sequenceNumber),
    count => out.push(`lost ${count}`),
  );
  return { out, buffer };
}

test('packets that changed places come out in sequence', () => {
  const { out, buffer } = open(8);
  for (const sequence of [10, 12, 11, 14, 13]) buffer.push(sequence, packet(sequence), 0);
  assert.deepEqual(out, [10, 11, 12, 13, 14]);
});

test('a missing packet is waited for from the arrival of the one behind it, and several gaps at once', () => {
  const { out, buffer } = open(32);
  buffer.push(1, packet(1), 0);
  buffer.push(3, packet(3), 10);
  buffer.push(5, packet(5), 20);
  buffer.tick(109, 100);
  assert.deepEqual(out, [1]);
  buffer.tick(110, 100);
  assert.deepEqual(out, [1, 'lost 1', 3]);
  buffer.tick(120, 100);
  assert.deepEqual(out, [1, 'lost 1', 3, 'lost 1', 5]);
  buffer.push(2, packet(2), 121);
  assert.equal(out.length, 5, 'its turn is over');
});

test('a full buffer gives up the oldest gap first', () => {
  const { out, buffer } = open(4);
  for (const sequence of [1, 3, 4, 6, 7]) buffer.push(sequence, packet(sequence), 0);
  assert.deepEqual(out, [1, 'lost 1', 3, 4]);
  buffer.push(100, packet(100), 0);
  assert.deepEqual(out, [1, 'lost 1', 3, 4, 'lost 1', 6, 7, 'lost 92', 100]);
});

test('a repeated packet counts once', () => {
  const { out, buffer } = open(8);
  for (const sequence of [1, 3, 3, 2, 2, 1]) buffer.push(sequence, packet(sequence), 0);
  assert.deepEqual(out, [1, 2, 3]);
});

test('a retransmission is restored, and probing for bandwidth is none', () => {
  const restored = restoreRtx(packet(9, 5, [0x12, 0x34, 7, 8]), 96, 77);
  assert.deepEqual([restored?.sequenceNumber, restored?.ssrc, [...restored!.payload]], [0x1234, 77, [7, 8]]);
  assert.equal(restoreRtx(packet(9, 5, [0x12, 0x34]), 96, 77), null);
  assert.equal(restoreRtx(packet(9, 5, []), 96, 77), null);
});

function openSource(): {
  source: Source;
  take: (sequence: number, ssrc?: number, nowMs?: number) => number | string;
  delivered: number[];
} {
  const delivered: number[] = [];
  const source = new Source({
    clockRate: 90_000,
    reorderSlots: 64,
    reorderWaitMs: 100,
    nack: false,
    deliver: ({ sequenceNumber }) => delivered.push(sequenceNumber),
    lost() {},
  });
  return {
    source,
    delivered,
    take: (sequence, ssrc = 1, nowMs = 0) => source.accept(packet(sequence, ssrc), nowMs, false),
  };
}

test('a second source is foreign until the first one has been silent', () => {
  const { source, take } = openSource();
  assert.equal(typeof take(1, 1, 0), 'number');
  assert.equal(take(1, 2, 900), 'foreign');
  assert.equal(source.ssrc, 1);
  assert.equal(typeof take(1, 2, 1000), 'number');
  assert.equal(source.ssrc, 2);
});

test('a source that begins anew at a lower number is delivered from there, after what was held of the one before', () => {
  const { source, take, delivered } = openSource();
  const push = (sequence: number, ssrc: number, nowMs: number) =>
    source.push(take(sequence, ssrc, nowMs) as number, packet(sequence, ssrc), nowMs);
  for (const sequence of [500, 502]) push(sequence, 1, 0);
  for (const sequence of [7, 8, 9]) push(sequence, 2, 1000);
  assert.deepEqual(delivered, [500, 502, 7, 8, 9]);
});

test('a stray sequence number is not believed, two in a row are', () => {
  const { take } = openSource();
  take(1);
  assert.equal(take(20_000), 'foreign');
  assert.equal(typeof take(2), 'number');
  assert.equal(take(30_000), 'foreign');
  assert.equal(typeof take(30_001), 'number');
  assert.equal(typeof take(30_002), 'number');
});

test('a packet is taken once, and never when it is older than what is remembered', () => {
  const { take } = openSource();
  take(1000);
  assert.equal(take(1000), 'duplicate');
  assert.equal(typeof take(999), 'number');
  for (let sequence = 1001; sequence < 3500; sequence++) take(sequence);
  assert.equal(take(3499 - 1999), 'duplicate');
});

test('a receiver report tells loss, the newest sequence with its turns, and jitter', () => {
  const reception = new Reception(90_000);
  // Every fourth packet is missing; each comes 1 ms too late or too early.
  for (let i = 0; i < 100; i++) {
    if (i % 4 !== 3) reception.arrived(65_536 + 65_500 + i, i * 900, i * 10 + (i % 2));
  }
  const report = reception.report(1, 1000)!;
  assert.equal(report.cumulativeLost, 24);
  assert.equal(report.fractionLost, Math.floor((24 * 256) / 99));
  assert.equal(report.highestSequence, 65_500 + 98);
  assert.ok(report.jitter > 30 && report.jitter < 90, `${report.jitter}`);
  assert.equal(reception.report(1, 1000)!.fractionLost, 0, 'nothing new was lost');
});
