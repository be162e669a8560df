import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedEncodings } from '#base/accept-encoding.ts';
import { placeOf } from '#base/address.ts';
import { methods } from '#contract/api/index.ts';
import type { MethodShape } from '#contract/api/method.ts';
import { bearerToken, etagsOf, isOfType } from '#contract/webrtc-http.ts';
import { parseIceFragment } from '#media/sdp/ice-fragment.ts';
import { SDP_BYTES_MAX, SDP_LINE_MAX } from '#media/sdp/limits.ts';
import { parseAnswer } from '#media/sdp/parse-answer.ts';
import { parseOffer } from '#media/sdp/parse-offer.ts';
import { BODY_BYTES_MAX, HEADER_BYTES_MAX } from '#servers/api/index.ts';
import { refuseForeignOrigin } from '#servers/api/origin.ts';
import { validatorCompiler } from '#servers/api/validation.ts';
import { parseRange } from '#servers/hls/range.ts';
import { parseTarget } from '#servers/hls/target.ts';
import { parseClientFrame, parseTopic } from '#servers/socket/client-frame.ts';
import { isHeld } from '#servers/web/negotiate.ts';
import { testCallers } from '#tests/support/callers.ts';
import { corpusTexts } from '#tests/support/corpus.ts';

/** What reads a text as long as it may be takes a hundredth of this; what tries again from every place takes seconds. */
const READ_MS_MAX = 50;
/** Twice the text may take three times as long, which is more than linear and less than quadratic; noise apart. */
const RATIO_MAX = 3.2;
const RATIO_COUNTS_FROM_MS = 4;
const TRIES = 5;

/** Repeated to the length: what patterns are likely to try again and again. */
const FILLERS = [
  ' ',
  '\t',
  ' \t',
  ';',
  ',',
  ', ',
  '; ',
  ';q=',
  '=',
  '.',
  ':',
  '/',
  '-',
  '"',
  '\\"',
  '%',
  '%20',
  '0',
  '1.',
  'a',
  'a ',
  'a.',
  'a,',
  'a;',
  'a=',
  'a-',
  '@',
  'a@',
  '<',
  '://',
  '::',
  '[',
  '(',
  '{',
  '~',
  '*',
  'é',
  '\u{1f600}',
  '\u200d',
  '́',
  'gzip',
  'gzip ;',
  'bytes=',
  '&a=',
  '?',
  '#',
  '_HLS_msn=1&',
];

interface Reader {
  readonly name: string;
  readonly lengthMax: number;
  /** What stands before the repeated text, and behind it. */
  readonly around?: readonly (readonly [before: string, behind: string])[];
  read(text: string): unknown;
}

const callers = testCallers();
const asked = (forwarded: string) => ({
  socket: { remoteAddress: '127.0.0.1' },
  headers: { 'x-forwarded-for': forwarded },
});

const readersOfHeaders: Omit<Reader, 'lengthMax'>[] = [
  {
    name: 'Accept-Encoding',
    read: text => acceptedEncodings(text),
    around: [
      ['', ''],
      ['gzip', 'x'],
      [',', ';q=0x'],
    ],
  },
  {
    name: 'Authorization',
    read: text => bearerToken(text),
    around: [
      ['Bearer ', '!'],
      ['', ' Bearer x'],
    ],
  },
  { name: 'If-Match', read: text => etagsOf(text), around: [['"', '"']] },
  { name: 'If-None-Match', read: text => isHeld(text, '"x"'), around: [['W/', '']] },
  {
    name: 'Content-Type',
    read: text => isOfType('application/sdp', text),
    around: [['application/sdp', '']],
  },
  {
    name: 'Range',
    read: text => parseRange(text, 1000),
    around: [
      ['bytes=', ''],
      ['bytes=0-', 'x'],
    ],
  },
  {
    name: 'X-Forwarded-For',
    read: text => callers.placeOf(asked(text)),
    around: [
      ['1.2.3.4,', ''],
      ['', ',1.2.3.4'],
    ],
  },
  {
    name: 'Origin',
    read: text => refuseForeignOrigin({ origin: text, host: 'x' }, null),
    around: [['https://', '']],
  },
  { name: 'an address', read: text => placeOf(text) },
];
const headers = readersOfHeaders.map(reader => ({ lengthMax: HEADER_BYTES_MAX, ...reader }));

const HLS = '/hls/01hzzzzzzzzzzzzzzzzzzzzzzz/video/';
const offer = corpusTexts('sdp')[0]!;
const lineStarts = [...new Set(offer.split(/\r?\n/).map(line => /^.=[\w-]*:?/.exec(line)?.[0] ?? ''))].filter(
  Boolean,
);
const sdp = (filled: string) =>
  lineStarts.map(start => offer.replace(start, `${start}${filled}\r\n${start}`));

const others: Reader[] = [
  {
    name: 'the address of a stream',
    lengthMax: HEADER_BYTES_MAX,
    around: [
      [HLS, ''],
      [`${HLS}index.m3u8?`, ''],
      [`${HLS}1_1`, 'x'],
    ],
    read: parseTarget,
  },
  {
    name: 'a socket frame',
    lengthMax: 64 * 1024,
    around: [
      ['{"op":"join","topic":"room:', '"}'],
      ['', ''],
    ],
    read: parseClientFrame,
  },
  { name: 'a topic', lengthMax: 64 * 1024, around: [['room:', '!']], read: parseTopic },
  {
    name: 'an SDP line',
    lengthMax: SDP_LINE_MAX - 64,
    read: text =>
      sdp(text).map(each => attempt(() => parseOffer(each, { role: 'publisher', simulcast: true }))),
  },
  {
    name: 'an SDP',
    lengthMax: SDP_BYTES_MAX,
    around: [[offer, '']],
    read: text => parseOffer(text, { role: 'viewer' }),
  },
  { name: 'an SDP answer', lengthMax: SDP_BYTES_MAX, around: [['v=0\r\n', '']], read: parseAnswer },
  {
    name: 'an ICE fragment',
    lengthMax: SDP_BYTES_MAX,
    around: [
      ['a=ice-ufrag:', ''],
      ['a=candidate:', ''],
    ],
    read: parseIceFragment,
  },
];

/** Every field that a method takes, in the body as large as a body may be. */
const fields: Reader[] = (Object.values(methods) as MethodShape[]).flatMap(({ name, params, query, body }) =>
  (
    [
      ['params', params, HEADER_BYTES_MAX],
      ['querystring', query, HEADER_BYTES_MAX],
      ['body', body, BODY_BYTES_MAX],
    ] as const
  ).flatMap(([httpPart, schema, lengthMax]) => {
    if (!schema) return [];
    const validate = validatorCompiler({ schema, httpPart, method: 'POST', url: '/' } as never) as (
      sent: unknown,
    ) => unknown;
    return Object.keys(schema.properties).map(field => ({
      name: `${name}: ${field}`,
      lengthMax,
      around: [
        ['', ''],
        ['a@a', '!'],
        ['a', ''],
      ] as const,
      read: (text: string) => validate({ [field]: text }),
    }));
  }),
);

function attempt(run: () => unknown): void {
  try {
    run();
  } catch {
    // what is refused has been read
  }
}

/** The fastest of a few: the machine may be busy, a pattern is slow every time. */
function fastestMs(run: () => unknown, enoughMs: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && best > enoughMs; i++) {
    const start = process.cpuUsage();
    const startedMs = performance.now();
    attempt(run);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, performance.now() - startedMs, (user + system) / 1000 + 1);
  }
  return best;
}

function assertLinear({ name, lengthMax, around = [['', '']], read }: Reader): void {
  for (const [before, behind] of around)
    for (const filler of FILLERS) {
      const room = lengthMax - before.length - behind.length;
      const text = (length: number) => before + filler.repeat(Math.max(1, length / filler.length)) + behind;
      const [whole, half] = [text(room), text(room / 2)];
      const wholeMs = fastestMs(() => read(whole), RATIO_COUNTS_FROM_MS);
      const told = `${name}: ${JSON.stringify(before.slice(-20))} + ${JSON.stringify(filler)} x ${room}`;
      assert.ok(wholeMs < READ_MS_MAX, `${told} took ${wholeMs.toFixed(1)} ms`);
      if (wholeMs < RATIO_COUNTS_FROM_MS) continue;
      const ratio = wholeMs / fastestMs(() => read(half), 0);
      assert.ok(ratio < RATIO_MAX, `${told} takes ${ratio.toFixed(1)} times as long as half of it`);
    }
}

for (const [what, readers] of Object.entries({ headers, 'lines and addresses': others, fields }))
  test(`${what} as long as they may be are read in time that grows as they do`, () => {
    for (const reader of readers) assertLinear(reader);
  });

test('a pattern that tries again from every place would be found', () => {
  const hostile = (text: string) => /(?:^|,)\s*gzip\s*(?:;\s*q=([\d.]+))?\s*(?:,|$)/i.exec(text);
  assert.throws(() =>
    assertLinear({ name: 'quadratic', lengthMax: HEADER_BYTES_MAX, read: hostile, around: [['gzip', 'x']] }),
  );
});
