import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEEDBACK_BYTES_MAX, TransportFeedback } from './transport-feedback.ts';

/** Reads feedback by the draft's section 3.1, independently of the writer: sequence number to arrival in ms, or null. */
function read(bytes: Uint8Array): { arrivals: Map<number, number | null>; count: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert.equal(bytes[0]! & 0x1f, 15);
  assert.equal(bytes[1], 205);
  assert.equal((view.getUint16(2) + 1) * 4, bytes.length);
  const statuses = view.getUint16(14);
  const symbols: number[] = [];
  let at = 20;
  for (; symbols.length < statuses; at += 2) {
    const chunk = view.getUint16(at);
    if (chunk >> 15 === 0) for (let i = 0; i < (chunk & 0x1fff); i++) symbols.push((chunk >> 13) & 3);
    else if ((chunk & 0x4000) === 0) for (let i = 13; i >= 0; i--) symbols.push((chunk >> i) & 1);
    else for (let i = 12; i >= 0; i -= 2) symbols.push((chunk >> i) & 3);
  }
  let timeMs = (view.getInt32(16) >> 8) * 64;
  const arrivals = new Map<number, number | null>();
  for (let i = 0; i < statuses; i++) {
    const symbol = symbols[i]!;
    if (symbol === 1) timeMs += view.getUint8(at) / 4;
    else if (symbol === 2) timeMs += view.getInt16(at) / 4;
    at += symbol;
    arrivals.set((view.getUint16(12) + i) & 0xffff, symbol === 0 ? null : timeMs);
  }
  const padding = (bytes[0]! & 0x20) === 0 ? 0 : bytes[bytes.length - 1]!;
  assert.equal(at + padding, bytes.length, 'every byte is accounted for');
  return { arrivals, count: bytes[19]! };
}

function flush(feedback: TransportFeedback): Uint8Array[] {
  const sent: Uint8Array[] = [];
  feedback.flush(new Uint8Array(FEEDBACK_BYTES_MAX), 1, 2, bytes => sent.push(bytes.slice()));
  return sent;
}

test('arrivals are told in quarters of a millisecond and gaps as not received, across the wrap', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(65_534, 1000);
  feedback.arrived(65_535, 1000.25);
  feedback.arrived(1, 1100);
  const [bytes, ...more] = flush(feedback);
  assert.equal(more.length, 0);
  assert.deepEqual(
    [...read(bytes!).arrivals],
    [
      [65_534, 1000],
      [65_535, 1000.25],
      [0, null],
      [1, 1100],
    ],
  );
});

test('the next report goes on where the last one ended, and a gap between them is told', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(10, 1000);
  flush(feedback);
  feedback.arrived(12, 1010);
  const [bytes] = flush(feedback);
  assert.deepEqual(
    [...read(bytes!).arrivals],
    [
      [11, null],
      [12, 1010],
    ],
  );
  assert.equal(read(bytes!).count, 1);
  assert.equal(flush(feedback).length, 0, 'nothing new, nothing sent');
});

test('a packet that comes after its report is reported with what followed it', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(10, 1000);
  feedback.arrived(12, 1001);
  flush(feedback);
  feedback.arrived(11, 1060);
  const [bytes] = flush(feedback);
  assert.deepEqual(
    [...read(bytes!).arrivals],
    [
      [11, 1060],
      [12, 1001],
    ],
  );
});

test('runs, one-bit and two-bit vectors all read back', () => {
  const feedback = new TransportFeedback();
  const expected: [number, number | null][] = [];
  let nowMs = 5000;
  for (let sequence = 0; sequence < 400; sequence++) {
    // A run, then losses here and there, then large steps, then a long loss.
    const lost =
      (sequence > 50 && sequence < 120 && sequence % 5 === 0) || (sequence > 300 && sequence < 350);
    nowMs += sequence > 150 && sequence < 200 && sequence % 3 === 0 ? 100 : 1.5;
    if (!lost) feedback.arrived(sequence, nowMs);
    expected.push([sequence, lost ? null : nowMs]);
  }
  const [bytes] = flush(feedback);
  assert.deepEqual([...read(bytes!).arrivals], expected);
});

test('a step that 16 bits cannot tell begins another packet', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(1, 1000);
  feedback.arrived(2, 10_000);
  const sent = flush(feedback).map(bytes => [...read(bytes).arrivals]);
  assert.deepEqual(sent, [[[1, 1000]], [[2, 10_000]]]);
});

test('many packets are told in several reports that each fit a datagram', () => {
  const feedback = new TransportFeedback();
  for (let sequence = 0; sequence < 3000; sequence++) feedback.arrived(sequence, 1000 + sequence * 70);
  const sent = flush(feedback);
  assert.ok(sent.every(bytes => bytes.length <= 1200));
  assert.equal(
    sent.reduce((sum, bytes) => sum + read(bytes).arrivals.size, 0),
    3000,
  );
});

test('a far step of the sequence does not make a report of everything between', () => {
  const feedback = new TransportFeedback();
  feedback.arrived(0, 1000);
  feedback.arrived(30_000, 1010);
  const sent = flush(feedback);
  assert.equal(sent.length, 1);
  assert.equal(read(sent[0]!).arrivals.get(30_000), 1010);
});
