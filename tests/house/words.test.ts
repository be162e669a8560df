import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errors } from '#contract/errors.ts';
import { meetings, wordsFor } from '#contract/words.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const codes = Object.keys(errors) as ErrorCode[];

/** Codes that the files of these patterns refuse with. */
function refusedIn(...patterns: readonly string[]): ErrorCode[] {
  const files = globSync([...patterns], { cwd: root }).filter(file => !/\.(?:test|suite)\.ts$/.test(file));
  assert.ok(files.length > 0);
  const text = files.map(file => readFileSync(`${root}/${file}`, 'utf8')).join('\n');
  return codes.filter(code => text.includes(`Refusal('${code}'`));
}

/** What every request may be answered with, whoever it reaches. */
const ANYWHERE: readonly ErrorCode[] = ['internal', 'unavailable', 'too-many-requests'];
const MEDIA = ['src/servers/signalling/*.ts', 'src/contract/webrtc-http.ts', 'src/live/broadcast/*.ts'];

test('every code of the catalogue is met somewhere with words, or by nobody, with why', () => {
  for (const code of codes) {
    const { nobody, studio, player, form } = meetings[code];
    const isMet = studio !== undefined || player !== undefined || form === true;
    assert.notEqual(isMet, nobody !== undefined, code);
    for (const sentence of [studio?.says, studio?.todo, player?.says, player?.todo, nobody])
      if (sentence !== undefined) assert.match(sentence, /^[A-Z][^<>]{10,140}[.]$/, code);
  }
});

test('no words need a manual', () => {
  const jargon =
    /\b(?:SDP|ICE|DTLS|WHIP|WHEP|ETag|If-Match|Retry-After|HTTP|codec|token|payload|null|undefined)\b/i;
  for (const code of codes)
    for (const words of [meetings[code].studio, meetings[code].player])
      if (words !== undefined) assert.doesNotMatch(`${words.says} ${words.todo}`, jargon, code);
});

for (const [place, patterns] of [
  ['studio', [...MEDIA, 'src/servers/whip/*.ts']],
  ['player', ['src/servers/whep/*.ts', 'src/live/live.ts']],
] as const)
  test(`what a server of media refuses with has words in the ${place}`, () => {
    for (const code of [...refusedIn(...patterns), ...ANYWHERE])
      if (meetings[code].nobody === undefined && meetings[code].form === undefined)
        assert.ok(wordsFor(place, code), `${code} has no words in the ${place}`);
    for (const code of ANYWHERE) assert.ok(wordsFor(place, code), code);
  });

test('a code of another program has no words of ours', () => {
  assert.equal(wordsFor('studio', null), null);
  assert.equal(wordsFor('player', 'toString'), null);
});
