import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absSendTime, findExtension, transportSequence } from './extensions.ts';
import { isRtcp, parseRtp, writeRtpHeader } from './packet.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test('a packet is read with its contributing sources, extension and padding set aside', () => {
  const packet = parseRtp(fromHex('b1 ea fffe 01020304 0a0b0c0d 11111111 bede0001 31123400 aabbcc 000003'));
  assert.ok(packet);
  assert.deepEqual(
    { ...packet, payload: [...packet.payload], extensions: [...packet.extensions!] },
    {
      payloadType: 106,
      marker: true,
      sequenceNumber: 0xfffe,
      timestamp: 0x01020304,
      ssrc: 0x0a0b0c0d,
      payload: [0xaa, 0xbb, 0xcc],
      extensionProfile: 0xbede,
      extensions: [0x31, 0x12, 0x34, 0],
      mediaTimeMs: Number.NaN,
    },
  );
  assert.equal(transportSequence(packet, 3), 0x1234);
});

for (const [name, hex] of [
  ['more bytes than a datagram has', `806a0001 00000001 00000001 ${'00'.repeat(1489)}`],
  ['version 1', '406a0001 00000001 00000001'],
  ['eleven bytes', '806a0001 00000001 000000'],
  ['contributing sources beyond the end', '816a0001 00000001 00000001'],
  ['an extension beyond the end', '906a0001 00000001 00000001 bede0002 00000000'],
  ['an extension without header', '906a0001 00000001 00000001 bede'],
  ['padding of zero', 'a06a0001 00000001 00000001 00'],
  ['padding longer than the payload', 'a06a0001 00000001 00000001 aa03'],
] as const) {
  test(`what is not RTP is refused: ${name}`, () => {
    assert.equal(parseRtp(fromHex(hex)), null);
  });
}

test('a packet of nothing but padding has an empty payload', () => {
  assert.equal(parseRtp(fromHex('a06a0001 00000001 00000001 000003'))?.payload.length, 0);
});

test('RTCP is told from RTP by its packet type (RFC 5761)', () => {
  assert.ok(isRtcp(fromHex('80c8')));
  assert.ok(isRtcp(fromHex('81ce')));
  assert.ok(!isRtcp(fromHex('806f')));
  assert.ok(!isRtcp(fromHex('80ff')));
  assert.ok(!isRtcp(fromHex('80')));
});

test('a written header is read back', () => {
  const bytes = new Uint8Array(13);
  writeRtpHeader(bytes, true, 111, 0x1fffe, 0xfedcba98, 0x87654321, false);
  const packet = parseRtp(bytes)!;
  assert.deepEqual(
    [
      packet.marker,
      packet.payloadType,
      packet.sequenceNumber,
      packet.timestamp,
      packet.ssrc,
      packet.payload.length,
    ],
    [true, 111, 0xfffe, 0xfedcba98, 0x87654321, 1],
  );
});

const withExtension = (profile: string, block: string): ReturnType<typeof parseRtp> =>
  parseRtp(
    fromHex(
      `906a0001 00000001 00000001 ${profile}${(block.length / 8).toString(16).padStart(4, '0')} ${block}`,
    ),
  );

test('one-byte elements are found behind padding, and not behind the reserved id 15', () => {
  const packet = withExtension('bede', '0000115566002277'.padEnd(24, '0'))!;
  assert.deepEqual([...findExtension(packet, 1)!], [0x55, 0x66]);
  const reserved = withExtension('bede', 'f0111055')!;
  assert.equal(findExtension(reserved, 1), null);
});

test('two-byte elements are found, the empty one too', () => {
  const packet = withExtension('1005', '01000302aabb0000')!;
  assert.deepEqual([...findExtension(packet, 1)!], []);
  assert.deepEqual([...findExtension(packet, 3)!], [0xaa, 0xbb]);
  assert.equal(findExtension(packet, 4), null);
});

test('an element that reaches beyond its block is not found', () => {
  assert.equal(findExtension(withExtension('bede', '17112233')!, 1), null);
  assert.equal(findExtension(withExtension('1000', '01ff1122')!, 1), null);
});

test('the absolute send time wraps every 64 seconds', () => {
  assert.equal(absSendTime(1000), 1 << 18);
  assert.equal(absSendTime(64_000), 0);
  assert.equal(absSendTime(65_000), 1 << 18);
});
