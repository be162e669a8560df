import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findExtension,
  ONE_BYTE_EXTENSIONS,
  TWO_BYTE_EXTENSIONS,
  transportSequence,
} from '#media/rtp/extensions.ts';
import { parseRtp } from '#media/rtp/packet.ts';
import { corpusHex, corpusSession } from '#tests/support/corpus.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const session = corpusSession('rtp/chromium-publisher.txt').map(({ bytes }) => bytes);
const corpus = [...corpusHex('rtp/packets.hex'), ...session];
/** As Chromium's offer numbers them. */
const [TRANSPORT_CC, MID] = [4, 9];

/** A packet with this block of extensions, padded to words. */
function packetOf(profile: number, block: readonly number[]): Uint8Array {
  const words = Math.ceil(block.length / 4);
  const bytes = new Uint8Array(16 + 4 * words);
  bytes.set([0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, profile >> 8, profile & 0xff, words >> 8, words & 0xff]);
  bytes.set(block, 16);
  return bytes;
}

test('what is written is found, whatever stands beside it', t => {
  const random = new Seeded(711);
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 5000; round++) {
    const long = random.chance(0.5);
    const elements = new Map<number, Uint8Array>();
    const block: number[] = [];
    for (let i = random.below(8); i >= 0; i--) {
      const id = 1 + random.below(long ? 255 : 14);
      const value = random.bytes(long ? random.below(40) : 1 + random.below(16));
      if (!elements.has(id)) elements.set(id, value);
      block.push(...(long ? [id, value.length] : [(id << 4) | (value.length - 1)]), ...value);
      while (random.chance(0.3)) block.push(0);
    }
    const packet = parseRtp(
      packetOf(long ? TWO_BYTE_EXTENSIONS | random.below(16) : ONE_BYTE_EXTENSIONS, block),
    );
    assert.ok(packet);
    for (const [id, value] of elements) assert.deepEqual(findExtension(packet, id), value);
  }
});

test('changed blocks give values that lie within them, or nothing', t => {
  const random = new Seeded(712);
  t.diagnostic(`seed ${random.seed}`);
  let found = 0;
  for (let round = 0; round < 20_000; round++) {
    const original = corpus[round % corpus.length]!.slice(0, 48);
    const bytes = random.chance(0.2)
      ? packetOf(random.below(65_536), [...random.bytes(40)])
      : mutate(random, original);
    timed(bytes, () => {
      const packet = parseRtp(bytes);
      for (let id = 0; packet && id < 256; id++) {
        const value = findExtension(packet, id);
        if (value === null) continue;
        found++;
        const block = packet.extensions!;
        assert.equal(value.buffer, block.buffer);
        const at = value.byteOffset - block.byteOffset;
        const head = block[at - 1]!;
        assert.equal(value.length, packet.extensionProfile === ONE_BYTE_EXTENSIONS ? (head & 15) + 1 : head);
        assert.ok(at > 0 && at + value.length <= block.length);
      }
    });
  }
  assert.ok(found > 5000, `${found} were found`);
});

test("every packet of Chromium's has its transport-wide number, one after the other", () => {
  const packets = session.map(bytes => parseRtp(bytes)).filter(packet => packet && packet.payloadType < 120);
  const media = packets.filter(packet => packet!.payloadType !== 72);
  const numbers = media.map(packet => transportSequence(packet!, TRANSPORT_CC));
  assert.ok(numbers.length > 200 && numbers.every((number, i) => i === 0 || number > numbers[i - 1]!));
  const mids = media.map(packet => findExtension(packet!, MID)).filter(value => value !== null);
  assert.deepEqual(new Set(mids.map(value => new TextDecoder().decode(value))), new Set(['0', '1']));
});

for (const [name, profile, byte] of [
  ['padding', ONE_BYTE_EXTENSIONS, 0],
  ['empty elements', TWO_BYTE_EXTENSIONS, 0],
  ['elements of one byte', ONE_BYTE_EXTENSIONS, 0x10],
  ['the reserved id', ONE_BYTE_EXTENSIONS, 0xf0],
] as const)
  test(`a datagram full of ${name} costs less than 50 ms`, () => {
    const packet = parseRtp(packetOf(profile, new Array<number>(1480).fill(byte)));
    assert.ok(packet);
    timed(packet.extensions!, () => {
      for (let id = 1; id < 256; id++) findExtension(packet, id);
    });
  });
