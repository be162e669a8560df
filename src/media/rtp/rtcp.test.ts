import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRtcp } from './rtcp.ts';
import {
  writeDescription,
  writeNack,
  writePli,
  writeReceiverReport,
  writeSenderReport,
} from './rtcp-write.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a sender report written is read back, behind it the next packet of the compound', () => {
  const out = new Uint8Array(200);
  const report = { ssrc: 5, ntpMs: 3_900_000_123_456.5, rtpTimestamp: 0xfffffff0, packets: 7, bytes: 900 };
  let end = writeSenderReport(out, 0, report);
  end = writeDescription(out, end, 5, 'skylark');
  end = writePli(out, end, 5, 9);
  const [sender, pli] = parseRtcp(out.subarray(0, end));
  assert.ok(sender?.kind === 'sender-report');
  assert.ok(Math.abs(sender.ntpMs - report.ntpMs) < 0.01);
  assert.equal(sender.rtpTimestamp, 0xfffffff0);
  assert.equal(sender.ntpMiddle, Math.floor((report.ntpMs / 1000) * 65_536) % 2 ** 32);
  assert.deepEqual(pli, { kind: 'pli', mediaSsrc: 9 });
});

test('a receiver report has the bytes of RFC 3550 section 6.4.2', () => {
  const out = new Uint8Array(64);
  const block = {
    ssrc: 0x01020304,
    fractionLost: 128,
    cumulativeLost: -2,
    highestSequence: 0x00011234,
    jitter: 5,
    lastSr: 0xaabbccdd,
    delaySinceLastSr: 65_536,
  };
  const end = writeReceiverReport(out, 0, 1, [block]);
  const expected = '81c90007 00000001 01020304 80fffffe 00011234 00000005 aabbccdd 00010000';
  assert.equal(toHex(out.subarray(0, end)), expected.replaceAll(' ', ''));
  assert.deepEqual(parseRtcp(out.subarray(0, end)), [
    {
      kind: 'receiver-report',
      ssrc: 1,
      reports: [{ ssrc: 0x01020304, fractionLost: 128, lastSr: 0xaabbccdd, delaySinceLastSr: 65_536 }],
    },
  ]);
});

test('a description ends with zeros at a word', () => {
  const out = new Uint8Array(40).fill(0xff);
  const end = writeDescription(out, 0, 1, 'skylark');
  assert.equal(toHex(out.subarray(0, end)), `81ca0004000000010107${toHex(Buffer.from('skylark'))}000000`);
  assert.equal(end % 4, 0);
});

test('a NACK packs up to seventeen numbers into one pair, across the wrap', () => {
  const out = new Uint8Array(64);
  const numbers = [65_530, 65_535, 0, 10, 11, 500];
  const end = writeNack(out, 0, 1, 2, numbers);
  assert.equal(end, 12 + 3 * 4);
  assert.deepEqual(parseRtcp(out.subarray(0, end)), [
    { kind: 'nack', mediaSsrc: 2, sequenceNumbers: numbers },
  ]);
});

test('REMB, FIR and BYE are read', () => {
  assert.deepEqual(parseRtcp(fromHex('8fce0005 00000001 00000000 52454d42 010a03e8 00000002')), [
    { kind: 'remb', bitrateBps: ((2 << 16) | 1000) * 4 },
  ]);
  assert.deepEqual(parseRtcp(fromHex('84ce0004 00000001 00000000 00000007 01000000')), [
    { kind: 'fir', mediaSsrcs: [7] },
  ]);
  assert.deepEqual(parseRtcp(fromHex('82cb0002 00000001 00000002')), [{ kind: 'bye', ssrcs: [1, 2] }]);
});

test('what stands before a malformed packet counts, what stands behind it does not', () => {
  const pli = '81ce0002 00000001 00000009';
  const bye = { kind: 'pli', mediaSsrc: 9 };
  assert.deepEqual(parseRtcp(fromHex(`${pli} 81ceffff 00000001`)), [bye]);
  assert.deepEqual(parseRtcp(fromHex(`${pli} 01ce0002 00000001 00000009 ${pli}`)), [bye]);
  assert.deepEqual(parseRtcp(fromHex('80c80001 00000001')), []);
});

test('packets that nobody acts upon are skipped', () => {
  assert.deepEqual(parseRtcp(fromHex('80cf0001 00000001 81ce0002 00000001 00000009')), [
    { kind: 'pli', mediaSsrc: 9 },
  ]);
});
