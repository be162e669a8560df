import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IceFragment, parseIceFragment } from '#media/sdp/ice-fragment.ts';
import { ICE_CANDIDATES_MAX, SDP_BYTES_MAX, SDP_LINE_MAX } from '#media/sdp/limits.ts';
import { MediaError } from '#media/unit.ts';
import { corpusTexts } from '#tests/support/corpus.ts';
import { mutate, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

const corpus = corpusTexts('sdpfrag');

/** What is taken has credentials as RFC 8839 has them, and candidates that are lines of the text. */
function read(text: string): IceFragment | null {
  try {
    const fragment = parseIceFragment(text);
    assert.match(fragment.iceUfrag, /^[\w+/=-]{4,256}$/);
    assert.match(fragment.icePwd, /^[\w+/=-]{22,256}$/);
    assert.ok(fragment.candidates.length <= ICE_CANDIDATES_MAX);
    for (const candidate of fragment.candidates)
      assert.ok(candidate.length <= SDP_LINE_MAX && text.includes(candidate) && !/[\r\n]/.test(candidate));
    return fragment;
  } catch (error) {
    if (error instanceof MediaError && ['too-large', 'not-sdp', 'no-ice'].includes(error.reason)) return null;
    throw new Error(`for ${JSON.stringify(text)}`, { cause: error });
  }
}

test('what browsers and encoders trickle is read whole', () => {
  const counts = corpus.map(text => read(text)?.candidates.length);
  assert.ok(counts.length >= 3 && counts.every(count => count !== undefined), counts.join());
});

test('changed fragments are read or refused by name', t => {
  const random = new Seeded(751);
  t.diagnostic(`seed ${random.seed}`);
  let taken = 0;
  for (let round = 0; round < 6000; round++) {
    const original = new TextEncoder().encode(corpus[round % corpus.length]!);
    const text = new TextDecoder().decode(mutate(random, original));
    timed(text, () => {
      if (read(text)) taken++;
    });
  }
  assert.ok(taken > 300, `${taken} were taken`);
});

test('lines in any order, repeated and left out, do no harm', t => {
  const random = new Seeded(752);
  t.diagnostic(`seed ${random.seed}`);
  const lines = corpus.flatMap(text => text.split('\r\n'));
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: random.below(40) }, () => lines[random.below(lines.length)]).join(
      ['\r\n', '\n', '\r'][round % 3],
    );
    timed(text, () => read(text));
  }
});

for (const [name, line] of [
  ['candidates', 'a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n'],
  ['credentials', 'a=ice-ufrag:abcd\r\n'],
  ['m-lines', 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'],
  ['line ends', '\r\r\n\n'],
  ['one line', 'x'],
] as const)
  test(`a fragment full of ${name} costs less than 50 ms, and so does a larger one`, () => {
    for (const bytes of [SDP_BYTES_MAX, 10 * SDP_BYTES_MAX]) {
      const text = (corpus[0]! + line.repeat(Math.ceil(bytes / line.length))).slice(0, bytes);
      timed(text, () => read(text));
    }
  });
