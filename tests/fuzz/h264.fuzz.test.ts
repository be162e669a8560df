import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginsKeyFrame, H264Depacketizer, UNIT_BYTES_MAX } from '#media/h264/depacketizer.ts';
import { isBSlice, splitAnnexB, unescapeNal } from '#media/h264/nal.ts';
import { packetizeH264 } from '#media/h264/packetizer.ts';
import { parseSps } from '#media/h264/sps.ts';
import { REORDER_FRAMES_MAX } from '#media/h264/vui.ts';
import { readOpusPacket } from '#media/opus/packet.ts';
import { PictureOrder } from '#media/rtp/picture-order.ts';
import { MediaError } from '#media/unit.ts';
import { corpusHex } from '#tests/support/corpus.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const parameterSets = corpusHex('h264/parameter-sets.hex');

function refusedOrDone(input: Uint8Array, run: () => void): void {
  timed(input, () => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof MediaError))
        throw new Error(Buffer.from(input).toString('hex'), { cause: error });
    }
  });
}

test('changed parameter sets give a possible picture or are refused', t => {
  const random = new Seeded(501);
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 20_000; round++) {
    const bytes = mutate(random, parameterSets[round % parameterSets.length]!);
    refusedOrDone(bytes, () => {
      const { width, height, reorderFrames } = parseSps(bytes);
      assert.ok(reorderFrames >= 0 && reorderFrames <= REORDER_FRAMES_MAX, `${reorderFrames} pictures`);
      assert.ok(width > 0 && width <= 16_880 && height > 0 && height <= 33_760, `${width}x${height}`);
    });
  }
});

test('any bytes split into NAL units that lie within them', t => {
  const random = new Seeded(502);
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 5000; round++) {
    const bytes = random.bytes(random.below(300)).map(byte => (byte < 200 ? byte & 3 : byte));
    refusedOrDone(bytes, () => {
      const sum = splitAnnexB(bytes).reduce((total, nal) => total + nal.length, 0);
      assert.ok(sum <= bytes.length);
    });
    refusedOrDone(bytes, () => unescapeNal(bytes));
    refusedOrDone(bytes, () => readOpusPacket(bytes));
  }
});

test('any payloads in any order make units within the limit', t => {
  const random = new Seeded(503);
  t.diagnostic(`seed ${random.seed}`);
  let units = 0;
  const depacketizer = new H264Depacketizer(
    unit => {
      units++;
      assert.ok(unit.nals.length > 0 && unit.nals.every(nal => nal.length > 0));
      assert.ok(unit.nals.reduce((sum, nal) => sum + nal.length, 0) <= UNIT_BYTES_MAX);
    },
    () => {},
  );
  for (let round = 0; round < 5000; round++) {
    const slice = random.bytes(2 + random.below(4000));
    slice[0] = random.chance(0.5) ? 0x65 : 0x41;
    slice[1]! |= 0x80;
    const payloads = packetizeH264([parameterSets[0]!, slice]);
    for (const payload of payloads) {
      const bytes = random.chance(0.1) ? mutate(random, payload) : payload;
      refusedOrDone(bytes, () => depacketizer.push(bytes, round, random.chance(0.3), 0));
      beginsKeyFrame(bytes);
      if (random.chance(0.02)) depacketizer.lost();
    }
  }
  assert.ok(units > 500, `${units} units`);
});

test('a byte stream of start codes alone, and one without any, cost less than 50 ms', () => {
  const zeros = new Uint8Array(2_000_000);
  refusedOrDone(zeros, () => splitAnnexB(zeros));
  const ones = new Uint8Array(2_000_000).fill(1);
  timed(ones.subarray(0, 16), () => splitAnnexB(ones));
  const codes = new Uint8Array(2_000_000).map((_, at) => (at % 4 === 2 ? 1 : 0));
  timed(codes.subarray(0, 16), () => {
    try {
      splitAnnexB(codes);
    } catch (error) {
      assert.ok(error instanceof MediaError);
    }
  });
});

test('whatever slices, parameter sets and times come, pictures are decoded one after the other, and little is kept', t => {
  const random = new Seeded(504);
  t.diagnostic(`seed ${random.seed}`);
  const order = new PictureOrder(90_000);
  let before = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < 20_000; round++) {
    const slice = random.bytes(random.below(40));
    const sets = mutate(random, parameterSets[round % parameterSets.length]!);
    refusedOrDone(slice, () => {
      const key = random.chance(0.1);
      const isEarlier = order.isShownEarlier([slice]) || isBSlice(slice);
      const pts = round * 3000 - random.below(20_000);
      const dts = order.decodeTime(pts, key, key ? [sets, slice] : [slice], isEarlier);
      assert.ok(dts > before && dts <= Math.max(pts, before + 1), `${dts} after ${before}, shown at ${pts}`);
      before = dts;
    });
  }
});
