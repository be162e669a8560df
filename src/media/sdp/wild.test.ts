import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'sdp-transform';
import { writeAnswer } from './answer.ts';
import { MEDIA_REASONS } from './limits.ts';
import type { OfferRole } from './offer.ts';
import { parseOffer } from './parse-offer.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../tests/fuzz/corpus/sdp/${name}`, import.meta.url), 'utf8').replaceAll(
    '\n',
    '\r\n',
  );
const chromium = read('chromium-publisher.sdp');
const aiortc = read('aiortc-publisher.sdp');
const local = {
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  fingerprint: `sha-256 ${Array(32).fill('AB').join(':')}`,
  setup: 'passive' as const,
  candidates: ['candidate:1 1 UDP 2122317823 127.0.0.1 41000 typ host'],
};
const ssrcs = { video: 11, videoRtx: 12, audio: 13 };
const publisher = { role: 'publisher' } as const;
const fingerprintIn = (text: string) => parseOffer(text, publisher).remote.fingerprint;
/** The lines of one kind of media and what stands above all. */
const only = (kind: 'audio' | 'video', text: string): string =>
  text.replace(/m=(\w+)[\s\S]*?(?=m=|$)/g, (line, found) => (found === kind ? line : ''));

test('of several fingerprints the one by SHA-256 counts, wherever it stands', () => {
  const print = fingerprintIn(aiortc);
  assert.match(print, /^sha-256 57:65:25:C6:/);
  const [, first, rest] = /(a=fingerprint:sha-256.*\r\n)((?:a=fingerprint.*\r\n)+)/.exec(aiortc)!;
  assert.equal(fingerprintIn(aiortc.replaceAll(first! + rest!, rest! + first!)), print);
  const viewer = parseOffer(read('aiortc-viewer.sdp'), { role: 'viewer' });
  assert.match(viewer.remote.fingerprint, /^sha-256 91:C7:/);
});

test('without one by SHA-256, one by SHA-384 or SHA-512 does', () => {
  const without = (...hashes: readonly string[]) =>
    hashes.reduce(
      (text, hash) => text.replaceAll(new RegExp(`a=fingerprint:${hash}.*\\r\\n`, 'g'), ''),
      aiortc,
    );
  assert.match(fingerprintIn(without('sha-256')), /^sha-384 63:91:(?:..:){45}..$/);
  assert.match(fingerprintIn(without('sha-256', 'sha-384')), /^sha-512 DF:3C:(?:..:){61}..$/);
});

test('fingerprints of the line that carries the transport count, and those above all where it has none', () => {
  const above = `a=fingerprint:sha-256 ${Array(32).fill('cd').join(':')}\r\n`;
  const both = chromium.replace('t=0 0\r\n', found => found + above);
  assert.match(fingerprintIn(both), /^sha-256 7B:8B/);
  const lines = both.slice(both.indexOf('m='));
  const bare = both.replace(lines, lines.replaceAll(/a=fingerprint.*\r\n/g, ''));
  assert.match(fingerprintIn(bare), /^sha-256 CD:CD/);
});

test('who begins the handshake may be left to us, to the other side, or be said by nobody', () => {
  const setupOf = (text: string) => parseOffer(text, publisher).remote.setup;
  assert.equal(setupOf(chromium), 'actpass');
  for (const setup of ['active', 'passive'])
    assert.equal(setupOf(chromium.replaceAll('actpass', setup)), setup);
  assert.equal(setupOf(chromium.replaceAll('a=setup:actpass\r\n', '')), 'active');
});

test('a line that is bundled or nothing leaves rtcp-mux and the rest of the transport to the first', () => {
  const at = chromium.indexOf('m=video');
  const video = chromium
    .slice(at)
    .replaceAll(/a=(?:rtcp-mux|setup|fingerprint|ice-ufrag|ice-pwd).*\r\n/g, '')
    .replace('m=video 9', 'm=video 0')
    .replace('a=mid', 'a=bundle-only\r\na=mid');
  const offer = parseOffer(chromium.slice(0, at) + video, publisher);
  const answer = parse(writeAnswer(offer, local));
  assert.deepEqual(
    answer.media.map(media => [media.type, media.port, media.rtcpMux]),
    [
      ['audio', 9, 'rtcp-mux'],
      ['video', 9, 'rtcp-mux'],
    ],
  );
});

test('of several groups the one that holds what is used counts', () => {
  const grouped = chromium.replace('a=group:BUNDLE 0 1', 'a=group:BUNDLE 7 8\r\na=group:BUNDLE 0 1');
  assert.equal(parseOffer(grouped, publisher).video.mid, '1');
});

test('parameters of a format may stand on several lines', () => {
  const split = chromium.replaceAll(
    /a=fmtp:(\d+) level-asymmetry-allowed=1;packetization-mode=1;(profile-level-id=\w+)/g,
    'a=fmtp:$1 level-asymmetry-allowed=1\r\na=fmtp:$1 packetization-mode=1\r\na=fmtp:$1 $2',
  );
  assert.notEqual(split, chromium);
  assert.equal(parseOffer(split, publisher).video.profileLevelId, '42e01f');
});

test('pictures alone are taken from a publisher, and sent to a viewer who wants no more', () => {
  const video = only('video', chromium).replace('BUNDLE 0 1', 'BUNDLE 1');
  const offer = parseOffer(video, publisher);
  assert.equal(offer.audio, null);
  const text = writeAnswer(offer, local);
  assert.deepEqual(
    parse(text).media.map(media => [media.type, media.port]),
    [['video', 9]],
  );
  assert.match(text, /a=group:BUNDLE 1\r\n/);
  assert.equal(text.split('typ host').length, 2);
  const viewer = parseOffer(video.replaceAll('sendonly', 'recvonly'), { role: 'viewer' });
  assert.equal(viewer.audio, null);
  assert.match(writeAnswer(viewer, local, ssrcs), /a=ssrc:11 cname/);
});

test('a silent line of sound is rejected beside the picture, also where it carries the transport', () => {
  for (const change of ['a=inactive', 'a=recvonly']) {
    const at = chromium.indexOf('m=video');
    const offer = parseOffer(
      chromium.slice(0, at).replace('a=sendonly', change) + chromium.slice(at),
      publisher,
    );
    const answer = parse(writeAnswer(offer, local));
    assert.deepEqual(
      answer.media.map(media => [media.type, media.port]),
      [
        ['audio', 0],
        ['video', 9],
      ],
    );
    assert.equal(String(answer.groups?.[0]?.mids), '1');
    assert.ok(answer.media[1]?.candidates?.length === 1 && answer.media[0]?.candidates === undefined);
  }
});

test('one line alone needs neither a group nor a name', () => {
  const bare = only('video', chromium).replaceAll(/a=(?:group|mid):.*\r\n/g, '');
  const text = writeAnswer(parseOffer(bare, publisher), local);
  assert.doesNotMatch(text, /a=(?:group|mid)/);
  assert.equal(parse(text).media[0]?.candidates?.length, 1);
});

test('sound alone is refused by name; a viewer of that kind is met with an offer of ours', () => {
  const reasonOf = (role: OfferRole, text: string) => {
    try {
      parseOffer(text, { role });
      return null;
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  };
  const sound = only('audio', chromium);
  assert.equal(reasonOf('publisher', sound), 'no-video');
  const reason = reasonOf('viewer', sound.replaceAll('sendonly', 'recvonly'));
  assert.ok(reason !== null && MEDIA_REASONS.has(reason));
});

const SPS = [0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe8];
const PPS = [0x68, 0xce, 0x3c, 0x80];
const base64 = (bytes: readonly number[]) => btoa(String.fromCharCode(...bytes));
const named = (value: string) =>
  chromium.replaceAll('packetization-mode=1', `packetization-mode=1;sprop-parameter-sets=${value}`);
const setsOf = (value: string) =>
  parseOffer(named(value), publisher).video.parameterSets?.map(set => [...set]);

test('parameter sets of the offer are read, and not said back', () => {
  assert.deepEqual(setsOf(`${base64(SPS)},${base64(PPS)}`), [SPS, PPS]);
  assert.deepEqual(setsOf(`${base64(PPS)}, ${base64(SPS)}`), [SPS, PPS]);
  const text = writeAnswer(parseOffer(named(`${base64(SPS)},${base64(PPS)}`), publisher), local);
  assert.doesNotMatch(text, /sprop-parameter-sets/);
  assert.match(text, /packetization-mode=1;profile-level-id=42e01f/);
});

test('parameter sets that are not what they should be count for nothing', () => {
  for (const value of [
    '',
    '!',
    base64(SPS),
    base64(PPS),
    `${base64(SPS)},${base64([0x65, 1])}`,
    `${base64(SPS)},`,
  ])
    assert.equal(setsOf(value), undefined, value);
});
