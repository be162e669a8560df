import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPUS_DURATION_MAX, readOpusPacket } from '#media/opus/packet.ts';
import { parseRtp } from '#media/rtp/packet.ts';
import { corpusSession } from '#tests/support/corpus.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const OPUS = 111;
const packets = corpusSession('rtp/chromium-publisher.txt')
  .map(({ bytes }) => parseRtp(bytes))
  .filter(packet => packet?.payloadType === OPUS)
  .map(packet => packet!.payload);

/** Null, or a duration that Opus has: whole frames of 2.5 to 60 ms, 120 ms at most. */
function assertPossible(bytes: Uint8Array): boolean {
  const info = readOpusPacket(bytes);
  if (info === null) return false;
  assert.ok(info.duration > 0 && info.duration <= OPUS_DURATION_MAX && info.duration % 120 === 0);
  assert.ok(info.channels === 1 || info.channels === 2);
  return true;
}

test("Chromium's packets last 20 ms", () => {
  assert.ok(packets.length > 50);
  for (const packet of packets) assert.equal(readOpusPacket(packet)?.duration, 960);
});

test('every head that there can be is a possible duration or refused', () => {
  let read = 0;
  for (let head = 0; head < 65_536; head++) if (assertPossible(Uint8Array.of(head >> 8, head & 0xff))) read++;
  assert.ok(read > 50_000, `${read} are possible`);
  for (let head = 0; head < 256; head++) assertPossible(Uint8Array.of(head));
  assert.equal(assertPossible(new Uint8Array()), false);
});

test('changed packets are read or refused', t => {
  const random = new Seeded(721);
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 20_000; round++) {
    const bytes = mutate(random, packets[round % packets.length]!);
    timed(bytes, () => assertPossible(bytes));
  }
});
