import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'sdp-transform';
import { writeCounterOffer } from './counter-offer.ts';
import { parseAnswer } from './parse-answer.ts';

const corpus = new URL('../../../tests/fuzz/corpus/sdp-answer/chromium-viewer.sdp', import.meta.url);
const chromium = readFileSync(corpus, 'utf8').replaceAll('\n', '\r\n');
const local = {
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  fingerprint: `sha-256 ${Array(32).fill('AB').join(':')}`,
  setup: 'actpass' as const,
  candidates: ['candidate:1 1 UDP 2122317823 127.0.0.1 41000 typ host'],
};

test('our offer sends both on one transport, with our sources, and says what we take back', () => {
  const text = writeCounterOffer(local, { video: 11, videoRtx: 12, audio: 13 });
  const { media, groups, icelite } = parse(text);
  assert.deepEqual(
    media.map(line => [
      line.type,
      line.direction,
      line.setup,
      line.msid?.[0]?.id,
      line.ssrcs?.map(source => source.id),
    ]),
    [
      ['audio', 'sendonly', 'actpass', 'skylark', [13]],
      ['video', 'sendonly', 'actpass', 'skylark', [11, 12]],
    ],
  );
  assert.equal(groups?.[0]?.mids, '0 1');
  assert.equal(icelite, 'ice-lite');
  assert.deepEqual(
    media[1]?.rtcpFb?.map(line => `${line.payload} ${line.type} ${line.subtype ?? ''}`.trim()),
    ['96 nack', '96 nack pli', '96 goog-remb'],
  );
  assert.equal(text.split('a=rtcp-mux-only\r\n').length, 3);
  assert.equal(text.split('typ host').length, 2, 'candidates stand once');
});

test("a browser's answer to it comes to the same terms, and its own half of the transport", () => {
  const { remote, video, audio } = parseAnswer(chromium);
  assert.deepEqual([video.payloadType, video.rtxPayloadType, audio?.payloadType], [96, 97, 111]);
  assert.deepEqual(video.feedback, { nack: true, pli: true, transportCc: false, remb: true });
  assert.equal(video.extensions.absSendTime, 1);
  assert.equal(remote.setup, 'active');
  assert.match(remote.fingerprint, /^sha-256 /);
});

test('what the answer leaves out is not used', () => {
  const { video } = parseAnswer(
    chromium.replace(/a=rtpmap:97.*\r\n/, '').replace(/a=rtcp-fb:96 nack\r\n/, ''),
  );
  assert.equal(video.rtxPayloadType, null);
  assert.deepEqual(video.feedback, { nack: false, pli: true, transportCc: false, remb: true });
});

test('a viewer may take the picture alone', () => {
  const { audio, video } = parseAnswer(chromium.replace('a=recvonly', 'a=inactive'));
  assert.deepEqual([audio, video.payloadType], [null, 96]);
});

const audioLine = chromium.slice(chromium.indexOf('m=audio'), chromium.indexOf('m=video'));
for (const [reason, text] of [
  ['not-sdp', 'hello'],
  ['not-answer', 'v=0\r\n'],
  ['not-answer', chromium.replaceAll('a=setup:active', 'a=setup:actpass')],
  ['not-answer', chromium.replace('a=mid:1', 'a=mid:2')],
  ['not-answer', chromium + audioLine],
  ['not-answer', chromium.replace(audioLine, '') + audioLine],
  ['no-video', chromium.replace(/m=video \d+/, 'm=video 0')],
  ['no-h264', chromium.replaceAll('H264', 'VP8')],
  ['no-opus', chromium.replaceAll('opus', 'PCMU')],
  ['no-bundle', chromium.replace(/a=group:BUNDLE.*\r\n/, '')],
  ['no-rtcp-mux', chromium.replaceAll('a=rtcp-mux\r\n', '')],
  ['no-ice', chromium.replaceAll(/a=ice-pwd.*\r\n/g, '')],
  ['no-fingerprint', chromium.replaceAll(/a=fingerprint.*\r\n/g, '')],
] as const) {
  test(`an answer is refused by name: ${reason} (${text.length})`, () => {
    assert.throws(() => parseAnswer(text), { reason });
  });
}
