import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'sdp-transform';
import { writeAnswer } from './answer.ts';
import { parseIceFragment } from './ice-fragment.ts';
import { SDP_BYTES_MAX } from './limits.ts';
import type { OfferRole } from './offer.ts';
import { parseOffer } from './parse-offer.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../tests/fuzz/corpus/sdp/${name}`, import.meta.url), 'utf8').replaceAll(
    '\n',
    '\r\n',
  );
const chromium = read('chromium-publisher.sdp');
const obs = read('obs-publisher.sdp');
const firefox = read('firefox-viewer.sdp');
const local = {
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  fingerprint: `sha-256 ${Array(32).fill('AB').join(':')}`,
  setup: 'passive' as const,
  candidates: ['candidate:1 1 UDP 2122317823 127.0.0.1 41000 typ host'],
};

function reasonOf(text: string, role: OfferRole = 'publisher'): string {
  try {
    parseOffer(text, { role });
    return 'accepted';
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}

test("a browser's offer comes to constrained baseline with its RTX, Opus, and one feedback for all", () => {
  const { video, audio, remote } = parseOffer(chromium, { role: 'publisher' });
  assert.deepEqual([video.payloadType, video.rtxPayloadType, video.profileLevelId], [106, 107, '42e01f']);
  assert.deepEqual(video.extensions, { mid: 4, transportCc: 3, absSendTime: null });
  assert.deepEqual(video.feedback, { nack: true, pli: true, transportCc: true, remb: false });
  assert.deepEqual([audio?.payloadType, audio?.mid, video.mid], [111, '0', '1']);
  assert.equal(audio?.feedback.transportCc, true);
  assert.equal(remote.iceUfrag, 'Oq3d');
  assert.ok(remote.fingerprint.startsWith('sha-256 7B:8B:'));
});

test("an encoder's offer keeps stereo, its session-level transport and its candidates", () => {
  const offer = parseOffer(obs, { role: 'publisher' });
  assert.deepEqual([offer.video.payloadType, offer.video.rtxPayloadType], [96, null]);
  assert.equal(offer.remote.iceUfrag, 'jsm7');
  assert.deepEqual(offer.candidates, ['candidate:1 1 UDP 2122317823 192.168.1.20 49217 typ host']);
  assert.match(writeAnswer(offer, local), /a=fmtp:111 .*stereo=1;sprop-stereo=1/);
});

test('a viewer reports REMB and gets send times for it', () => {
  const { video, audio } = parseOffer(firefox, { role: 'viewer' });
  assert.deepEqual([video.payloadType, video.rtxPayloadType, audio?.payloadType], [126, 127, 109]);
  assert.deepEqual(video.extensions, { mid: null, transportCc: null, absSendTime: 4 });
  assert.deepEqual(video.feedback, { nack: true, pli: true, transportCc: false, remb: true });
});

test('a viewer gets the payload type of the profile that the stream has', () => {
  const viewer = chromium.replaceAll('sendonly', 'recvonly');
  const chosen = (profileLevelId: string): number =>
    parseOffer(viewer, { role: 'viewer', profileLevelId }).video.payloadType;
  assert.equal(chosen('4d0028'), 39);
  assert.equal(chosen('420028'), 102);
  assert.equal(chosen('640028'), 106);
});

test('the answer to a publisher mirrors the m-lines, receives, and takes nothing that was not chosen', () => {
  const text = writeAnswer(parseOffer(chromium, { role: 'publisher' }), local);
  const answer = parse(text);
  assert.deepEqual(
    answer.media.map(media => [
      media.type,
      String(media.mid),
      media.port,
      media.direction,
      String(media.payloads),
    ]),
    [
      ['audio', '0', 9, 'recvonly', '111'],
      ['video', '1', 9, 'recvonly', '106 107'],
    ],
  );
  assert.equal(answer.groups?.[0]?.mids, '0 1');
  assert.deepEqual(
    answer.media[1]?.rtcpFb?.map(line => `${line.payload} ${line.type} ${line.subtype ?? ''}`.trim()),
    ['106 nack', '106 nack pli', '106 transport-cc'],
  );
  assert.doesNotMatch(text, /video-orientation|stream-id|ssrc|rid/);
  assert.equal(text.split('typ host').length, 2, 'candidates stand once');
  assert.ok(text.indexOf('typ host') < text.indexOf('m=video'), 'at the m-line that carries the transport');
  assert.ok(
    answer.media.every(media => media.setup === 'passive' && media.iceUfrag === 'abcd' && media.rtcpMux),
  );
});

test('the answer to a viewer sends, with one CNAME and stream for both tracks', () => {
  const offer = parseOffer(firefox, { role: 'viewer' });
  const answer = parse(writeAnswer(offer, local, { video: 11, videoRtx: 12, audio: 13 }));
  assert.deepEqual(
    answer.media.map(media => [media.direction, media.msid?.[0]?.id, media.ssrcs?.map(line => line.id)]),
    [
      ['sendonly', 'skylark', [13]],
      ['sendonly', 'skylark', [11, 12]],
    ],
  );
  assert.deepEqual(answer.media[1]?.ssrcGroups, [{ semantics: 'FID', ssrcs: '11 12' }]);
});

const layered = (rids: readonly string[]): string => {
  const lines = [
    'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
    'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
    ...rids.map(rid => `a=rid:${rid.replace('~', '')} send`),
    `a=simulcast:send ${rids.join(';')}`,
  ];
  const plain = chromium.replaceAll(/a=extmap:\d+ \S*rtp-stream-id\r\n/g, '');
  return plain.replace('a=mid:1\r\n', found => `${found}${lines.join('\r\n')}\r\n`);
};

test('the answer accepts every layer of simulcast, and says how packets name theirs', () => {
  const offer = parseOffer(layered(['h', 'm', '~l']), { role: 'publisher', simulcast: true });
  assert.deepEqual(offer.video.simulcast, { rids: ['h', 'm', 'l'], ridId: 10, repairedRidId: 11 });
  const line = parse(writeAnswer(offer, local)).media[1]!;
  assert.deepEqual(
    line.rids?.map(rid => [String(rid.id), rid.direction]),
    [
      ['h', 'recv'],
      ['m', 'recv'],
      ['l', 'recv'],
    ],
  );
  assert.deepEqual(line.simulcast, { dir1: 'recv', list1: 'h;m;l' });
  assert.ok([10, 11].every(id => line.ext?.some(extension => extension.value === id)));
});

test('numbered layers are those of an encoder that counts from the best', () => {
  const offer = parseOffer(layered(['2', '0', '1']), { role: 'publisher', simulcast: true });
  assert.deepEqual(offer.video.simulcast?.rids, ['0', '1', '2']);
  const one = parseOffer(layered(['0']), { role: 'publisher', simulcast: true });
  assert.deepEqual(one.video.simulcast?.rids, ['0']);
});

test('one to four layers are all accepted, more are refused by name', () => {
  for (const rids of [['0'], ['0', '1'], ['0', '1', '2'], ['0', '1', '2', '3']]) {
    const offer = parseOffer(layered(rids), { role: 'publisher', simulcast: true });
    assert.equal(String(parse(writeAnswer(offer, local)).media[1]!.simulcast?.list1), rids.join(';'));
  }
  assert.throws(
    () => parseOffer(layered(['0', '1', '2', '3', '4']), { role: 'publisher', simulcast: true }),
    { reason: 'too-many-layers' },
  );
});

test('simulcast is taken whole or not at all, and only where it is wanted', () => {
  const taken = (text: string, simulcast = true) =>
    parseOffer(text, { role: 'publisher', simulcast }).video.simulcast;
  assert.equal(taken(layered(['a', 'b']), false), undefined);
  assert.equal(taken(layered(['a', 'a'])), undefined);
  assert.equal(taken(layered(['a', 'b']).replace('a=rid:b send', 'a=rid:b recv')), undefined);
  assert.equal(taken(layered(['a', 'b/../c'])), undefined);
  assert.equal(taken(layered(['a', 'b']).replace(/a=extmap:10 .*\r\n/, '')), undefined);
});

test('m-lines beyond the first video and audio are rejected in place', () => {
  const mLine =
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n';
  const secondVideo = chromium.slice(chromium.indexOf('m=video')).replace('a=mid:1', 'a=mid:3');
  const offer = parseOffer(chromium.replace('BUNDLE 0 1', 'BUNDLE 0 1 2 3') + mLine + secondVideo, {
    role: 'publisher',
  });
  const answer = parse(writeAnswer(offer, local));
  assert.deepEqual(
    answer.media.map(media => [media.type, media.port]),
    [
      ['audio', 9],
      ['video', 9],
      ['application', 0],
      ['video', 0],
    ],
  );
  assert.equal(answer.groups?.[0]?.mids, '0 1');
});

/** As RFC 8829 section 5.2.1 has it: the second line leaves to the first what they share, and `gone`. */
function bundleOnly(text: string, gone: RegExp = /(?!)/g): string {
  const at = text.indexOf('m=video');
  const shared = /a=(?:rtcp-mux|setup|fingerprint|ice-ufrag|ice-pwd).*\r\n/g;
  const video = without(text.slice(at), shared).replace('m=video 9', 'm=video 0');
  return without(text.slice(0, at), gone) + video.replace('a=mid', 'a=bundle-only\r\na=mid');
}

const without = (text: string, pattern: RegExp): string => text.replaceAll(pattern, '');
for (const [reason, text] of [
  ['too-large', `v=0\r\n${'a=x\r\n'.repeat(SDP_BYTES_MAX / 4)}`],
  ['not-sdp', 'hello'],
  ['not-sdp', ''],
  ['not-sdp', `v=0\r\na=${'x'.repeat(3000)}`],
  ['not-sdp', `v=0\r\n${'m=video 9 X 1\r\n'.repeat(17)}`],
  ['not-sdp', 'v=0\r\nm=\r\n'],
  ['no-media', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n'],
  ['not-offer', chromium.replaceAll('actpass', 'holdconn')],
  ['no-video', chromium.slice(0, chromium.indexOf('m=video'))],
  ['no-video', chromium.replaceAll('sendonly', 'recvonly')],
  ['no-video', chromium.replace('m=video 9', 'm=video 0')],
  ['no-h264', chromium.replaceAll('H264', 'H265')],
  ['no-h264', chromium.replaceAll('packetization-mode=1', 'packetization-mode=0')],
  ['no-opus', chromium.replaceAll('opus', 'PCMU')],
  ['no-ice', without(chromium, /a=ice-ufrag:.*\r\n/g)],
  ['no-ice', chromium.replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:short')],
  ['no-fingerprint', without(chromium, /a=fingerprint:.*\r\n/g)],
  ['no-fingerprint', chromium.replaceAll('sha-256', 'sha-1')],
  ['no-fingerprint', chromium.replaceAll('sha-256', 'sha-512')],
  ['no-bundle', without(chromium, /a=mid:.*\r\n/g)],
  ['no-bundle', without(chromium, /a=group:BUNDLE.*\r\n/g)],
  ['no-bundle', chromium.replace('BUNDLE 0 1', 'BUNDLE 0')],
  ['no-rtcp-mux', without(chromium, /a=rtcp-mux\r\n/g)],
  ['no-rtcp-mux', bundleOnly(chromium, /a=rtcp-mux\r\n/g)],
] as const) {
  test(`an offer is refused by name: ${reason} (${JSON.stringify(text.slice(0, 12))}, ${text.length})`, () => {
    assert.equal(reasonOf(text), reason);
  });
}

test('a payload type that would look like RTCP is not chosen', () => {
  assert.equal(reasonOf(chromium.replaceAll(/\b(102|106|39)\b/g, '72')), 'no-h264');
});

test('a trickle fragment gives its credentials and its candidates as they stand', () => {
  const fragment = parseIceFragment(read('trickle.sdpfrag'));
  assert.equal(fragment.iceUfrag, 'EsAw');
  assert.equal(fragment.candidates.length, 2);
  assert.match(fragment.candidates[0]!, /^candidate:1387637174 1 udp .* network-id 1$/);
  assert.ok(fragment.endOfCandidates);
  assert.throws(() => parseIceFragment('a=candidate:1'), { reason: 'no-ice' });
  assert.throws(() => parseIceFragment('x'.repeat(SDP_BYTES_MAX + 1)), { reason: 'too-large' });
});
