import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORDER_FORGOTTEN_S, PictureOrder } from './picture-order.ts';

const T = 90_000;
const FRAME = T / 24;
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
/** High, 320x180, as x264 writes it with B-frames: two pictures may be reordered. */
const SPS_TWO = hex('6764000cacd941419f9f011000000300100000030300f1429960');
const IDR = hex('6588');
/** `first_mb_in_slice` 0, then `slice_type` 5 (P) or 6 (B). */
const P = hex('419a');
const B = hex('019e');

interface Shown {
  readonly frame: number;
  readonly nal: Uint8Array;
}

/** A key frame, then groups of three B-frames, the middle one of which the others refer to. In the order of decoding. */
function pictures(groups: number, from = 0): Shown[] {
  const shown: Shown[] = [{ frame: from, nal: IDR }];
  for (let i = 0; i < groups; i++) {
    const first = from + i * 4;
    shown.push({ frame: first + 4, nal: P });
    for (const at of [2, 1, 3]) shown.push({ frame: first + at, nal: B });
  }
  return shown;
}

function decode(order: PictureOrder, shown: readonly Shown[], sps: Uint8Array | null) {
  let newest = Number.NEGATIVE_INFINITY;
  return shown.map(({ frame, nal }) => {
    const pts = frame * FRAME;
    const key = nal === IDR;
    const nals = key && sps ? [sps, nal] : [nal];
    const isEarlier = pts < newest && order.isShownEarlier(nals);
    newest = Math.max(newest, pts);
    return { pts, dts: order.decodeTime(pts, key, nals, isEarlier) };
  });
}

function assertDecodable(times: readonly { pts: number; dts: number }[]): void {
  times.forEach(({ pts, dts }, i) => {
    assert.ok(dts <= pts, `picture ${i} is decoded ${(dts - pts) / FRAME} frames late`);
    assert.ok(i === 0 || dts > times[i - 1]!.dts, `picture ${i} is decoded before the one before it`);
  });
}

test('decode times are the times sorted, as far behind as the parameter sets say', () => {
  const order = new PictureOrder(T);
  const times = decode(order, pictures(30), SPS_TWO);
  assertDecodable(times);
  assert.ok(order.reorders);
  for (let i = 4; i < times.length; i++) assert.equal(times[i]!.dts, (i - 2) * FRAME);
});

test('pictures in their order are decoded as they are shown, also where others were foretold', () => {
  const order = new PictureOrder(T);
  const steady = Array.from({ length: 600 }, (_, i) => ({ frame: i, nal: i % 48 === 0 ? IDR : P }));
  const times = decode(order, steady, SPS_TWO);
  assertDecodable(times);
  assert.ok(!order.reorders);
  const after = Math.ceil((ORDER_FORGOTTEN_S * 24) / 48 + 1) * 48;
  for (const { pts, dts } of times.slice(after)) assert.equal(dts, pts);
});

test('an encoder that turns B-frames off has turned them off ten seconds later, and may turn them on again', () => {
  const order = new PictureOrder(T);
  decode(order, pictures(6), SPS_TWO);
  assert.ok(order.reorders);
  const steady = Array.from({ length: 480 }, (_, i) => ({ frame: 48 + i, nal: i % 48 === 0 ? IDR : P }));
  const times = decode(order, steady, null);
  assertDecodable(times);
  assert.ok(!order.reorders);
  assert.equal(times.at(-1)!.dts, times.at(-1)!.pts);
  const again = decode(order, pictures(12, 600), null);
  assert.ok(order.reorders);
  assertDecodable(again.slice(8));
});

test('after a hole nothing is decoded in the past', () => {
  const order = new PictureOrder(T);
  decode(order, pictures(6), SPS_TWO);
  const times = decode(order, pictures(6, 24 * 60), null);
  assertDecodable(times);
  assert.equal(times[0]!.dts, times[0]!.pts);
});

test('a stream of a profile without B-frames has one order, whatever its clock does', () => {
  const order = new PictureOrder(T);
  const baseline = hex('6742c01fda014016ec0440000003004000000f03c60ca8');
  order.decodeTime(0, true, [baseline, IDR], false);
  assert.ok(!order.isShownEarlier([B]));
  assert.equal(order.decodeTime(FRAME, false, [P], false), FRAME);
});
