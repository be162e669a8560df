import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'sdp-transform';
import { writeAnswer } from '#media/sdp/answer.ts';
import { parseIceFragment } from '#media/sdp/ice-fragment.ts';
import { SDP_BYTES_MAX } from '#media/sdp/limits.ts';
import type { OfferRole } from '#media/sdp/offer.ts';
import { parseOffer } from '#media/sdp/parse-offer.ts';
import { MediaError } from '#media/unit.ts';
import { corpusTexts } from '#tests/support/corpus.ts';
import { mutate, mutateLines, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const local = {
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  fingerprint: `sha-256 ${Array(32).fill('AB').join(':')}`,
  setup: 'passive' as const,
  candidates: [],
};
const ssrcs = { video: 1, videoRtx: 2, audio: 3 };

/** Whether the text was accepted; anything but a refusal with a reason is rethrown. */
function offer(text: string, role: OfferRole): boolean {
  try {
    const accepted = parseOffer(text, { role });
    const answer = parse(writeAnswer(accepted, local, role === 'viewer' ? ssrcs : null));
    assert.equal(answer.media.length, accepted.media.length);
    return true;
  } catch (error) {
    if (error instanceof MediaError && /^[a-z0-9-]+$/.test(error.reason)) return false;
    throw new Error(`for ${JSON.stringify(text)}`, { cause: error });
  }
}

function fragment(text: string): void {
  try {
    parseIceFragment(text);
  } catch (error) {
    if (!(error instanceof MediaError)) throw new Error(`for ${JSON.stringify(text)}`, { cause: error });
  }
}

test('what encoders, players and browsers offer is accepted', () => {
  for (const text of corpusTexts('sdp').filter(text => text.startsWith('v=0')))
    assert.ok(offer(text, text.includes('a=recvonly') ? 'viewer' : 'publisher'), text);
});

test('changed offers are accepted or refused with a reason, and never cost more than 50 ms', t => {
  const random = new Seeded(101);
  t.diagnostic(`seed ${random.seed}`);
  const corpus = corpusTexts('sdp').map(text => new TextEncoder().encode(text));
  let accepted = 0;
  for (let round = 0; round < 4000; round++) {
    const text = new TextDecoder().decode(mutate(random, corpus[round % corpus.length]!));
    timed(text, () => {
      if (offer(text, random.chance(0.5) ? 'publisher' : 'viewer')) accepted++;
      fragment(text);
    });
  }
  assert.ok(accepted > 100, `${accepted} were accepted`);
});

test('offers with lines swapped, repeated and left out do no harm', t => {
  const random = new Seeded(102);
  t.diagnostic(`seed ${random.seed}`);
  const corpus = corpusTexts('sdp').map(text => text.split('\r\n'));
  for (let round = 0; round < 2000; round++) {
    const text = mutateLines(random, corpus[round % corpus.length]!).join('\r\n');
    timed(text, () => offer(text, 'publisher'));
  }
});

for (const [name, line] of [
  ['one endless line', 'x'],
  ['m-lines', 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'],
  ['rtpmaps', 'a=rtpmap:96 H264/90000\r\n'],
  ['formats', 'a=fmtp:96 packetization-mode=1;;;;;;\r\n'],
  ['extensions', 'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n'],
  ['image attributes', 'a=imageattr:96 send [x=1] [x=1] [x=1] [x=1] recv [x=1]\r\n'],
  ['simulcast', 'a=simulcast: send 1;2;3;4 recv 1;2;3;4\r\n'],
  ['candidates', 'a=candidate:1 1 udp 1 1.1.1.1 1 typ host raddr raddr raddr\r\n'],
  ['groups', 'a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9\r\n'],
  ['fingerprints', 'a=fingerprint:sha-512 AB:CD:EF\r\n'],
  ['parameter sets', 'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAFdoFBn58,aM48gA==\r\n'],
  ['spaces', 'a=group:BUNDLE                                           \r\n'],
  ['line ends', '\r\r\n\n'],
] as const) {
  test(`an SDP full of ${name} costs less than 50 ms`, () => {
    const head = 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';
    const text = (head + line.repeat(Math.ceil(SDP_BYTES_MAX / line.length))).slice(0, SDP_BYTES_MAX);
    timed(text, () => {
      offer(text, 'publisher');
      fragment(text);
    });
  });
}
