import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import type { RecordingSink } from '#live/packager/packager.ts';
import type { InitMedia } from '#live/packager/segment.ts';
import { readRecords, writeRecords } from '#live/recorder/journal-records.ts';
import { readSegmentJournal, writePartRecord, writeSegmentHead } from '#live/recorder/segment-journal.ts';
import { mutate } from '#tests/support/mutate.ts';
import { feedPackager } from '#tests/support/packager.ts';
import { Seeded } from '#tests/support/seeded.ts';

interface Journal {
  bytes: Uint8Array;
  parts: Uint8Array[];
}

/** The journals that a recording of ten seconds would leave, and the parts in each. */
const journals: Journal[] = [];

before(() => {
  const inits = new Map<string, InitMedia>();
  const open = new Map<string, Journal>();
  const recording: RecordingSink = {
    init: (rendition, init) => inits.set(rendition, init),
    part(rendition, timescale, segment) {
      const init = inits.get(rendition)!;
      const key = `${rendition} ${segment.msn}`;
      const head = writeSegmentHead({ rendition, epochMs: 1, timescale, init }, segment);
      const journal = open.get(key) ?? { bytes: head, parts: [] };
      const part = segment.parts.at(-1)!;
      journal.bytes = Buffer.concat([journal.bytes, writePartRecord(part)]);
      journal.parts.push(part.bytes);
      open.set(key, journal);
    },
    segment() {},
    isKept: () => false,
  };
  feedPackager({ clock: new FakeClock(), epochMs: 1, recording }).until(10);
  journals.push(...open.values());
});

/** Whatever is read was written, in order and from the beginning. */
function assertPrefix(bytes: Uint8Array, { parts }: Journal): number {
  const read = readSegmentJournal(bytes)?.parts ?? [];
  assert.ok(read.length <= parts.length, `${read.length} of ${parts.length}`);
  for (const [i, part] of read.entries()) assert.deepEqual(Buffer.from(part.bytes), Buffer.from(parts[i]!));
  return read.length;
}

test('a journal that was torn at any byte keeps every part before that', () => {
  assert.ok(journals.length >= 8);
  for (const journal of journals.slice(0, 4)) {
    let before = 0;
    for (let end = 0; end <= journal.bytes.length; end++) {
      const count = assertPrefix(journal.bytes.subarray(0, end), journal);
      assert.ok(count === before || count === before + 1, `${count} parts at byte ${end}`);
      before = count;
    }
    assert.equal(before, journal.parts.length);
  }
});

test('a byte that rotted costs its part and what follows, nothing before', t => {
  const random = new Seeded(761);
  t.diagnostic(`seed ${random.seed}`);
  let kept = 0;
  for (let round = 0; round < 5000; round++) {
    const journal = journals[round % journals.length]!;
    const bytes = journal.bytes.slice();
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    kept += assertPrefix(bytes, journal);
  }
  assert.ok(kept > 50, `${kept} parts were kept`);
});

test('a tail of zeros, of noise or of another journal is cut', t => {
  const random = new Seeded(762);
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 2000; round++) {
    const journal = journals[round % journals.length]!;
    const end = random.below(journal.bytes.length);
    const tail = [
      new Uint8Array(random.below(5000)),
      random.bytes(random.below(500)),
      journals[random.below(journals.length)]!.bytes.slice(random.below(200)),
    ][round % 3]!;
    assertPrefix(Buffer.concat([journal.bytes.subarray(0, end), tail]), journal);
  }
});

test('records of any bytes are read or left out, and are never more than there is', t => {
  const random = new Seeded(763);
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 10_000; round++) {
    const original = writeRecords([random.bytes(1 + random.below(40)), random.bytes(1 + random.below(40))]);
    const bytes = random.chance(0.3) ? random.bytes(random.below(100)) : mutate(random, original);
    const records = readRecords(bytes);
    assert.ok(records.reduce((sum, record) => sum + record.length + 8, 0) <= bytes.length);
  }
});
