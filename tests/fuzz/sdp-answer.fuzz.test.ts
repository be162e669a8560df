import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER_OFFER } from '#media/sdp/counter-offer.ts';
import { SDP_BYTES_MAX } from '#media/sdp/limits.ts';
import { parseAnswer } from '#media/sdp/parse-answer.ts';
import { MediaError } from '#media/unit.ts';
import { corpusTexts } from '#tests/support/corpus.ts';
import { mutate, mutateLines, timed } from '#tests/support/mutate.ts';
import { Seeded } from '#tests/support/seeded.ts';

/** Whether the text was accepted; anything but a refusal with a reason is rethrown. */
function answer(text: string): boolean {
  try {
    const { remote, video, audio } = parseAnswer(text);
    assert.equal(video.mid, COUNTER_OFFER.video.mid);
    if (audio) assert.equal(audio.mid, COUNTER_OFFER.audio?.mid);
    assert.match(remote.setup, /^(?:active|passive)$/);
    return true;
  } catch (error) {
    if (error instanceof MediaError && /^[a-z0-9-]+$/.test(error.reason)) return false;
    throw new Error(`for ${JSON.stringify(text)}`, { cause: error });
  }
}

test('what browsers answer is accepted', () => {
  for (const text of corpusTexts('sdp-answer')) assert.ok(answer(text), text);
});

test('changed answers are accepted or refused with a reason, and never cost more than 50 ms', t => {
  const random = new Seeded(111);
  t.diagnostic(`seed ${random.seed}`);
  const corpus = corpusTexts('sdp-answer').map(text => new TextEncoder().encode(text));
  let accepted = 0;
  for (let round = 0; round < 4000; round++) {
    const text = new TextDecoder().decode(mutate(random, corpus[round % corpus.length]!));
    timed(text, () => {
      if (answer(text)) accepted++;
    });
  }
  assert.ok(accepted > 100, `${accepted} were accepted`);
});

test('answers with lines swapped, repeated and left out do no harm', t => {
  const random = new Seeded(112);
  t.diagnostic(`seed ${random.seed}`);
  const corpus = corpusTexts('sdp-answer').map(text => text.split('\r\n'));
  for (let round = 0; round < 2000; round++) {
    const text = mutateLines(random, corpus[round % corpus.length]!).join('\r\n');
    timed(text, () => answer(text));
  }
});

test('offers taken for answers are refused', () => {
  for (const text of corpusTexts('sdp')) assert.equal(answer(text), false);
});

for (const line of [
  'a=mid:0\r\n',
  'a=group:BUNDLE 0 1\r\n',
  'a=rtpmap:96 H264/90000\r\n',
  'a=setup:active\r\n',
]) {
  test(`an answer full of ${line.trim()} costs less than 50 ms`, () => {
    const [text] = corpusTexts('sdp-answer');
    const full = text!.replace(line, found => found.repeat((SDP_BYTES_MAX - text!.length) / found.length));
    timed(full, () => answer(full));
  });
}
