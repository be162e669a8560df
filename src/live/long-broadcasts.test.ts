import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { broadcastMigrations } from './broadcast/migrations.ts';
import { recorderMigrations } from './recorder/migrations.ts';
import { insertSegments, listSegments, type SegmentRow } from './recorder/store.ts';
import { roomMigrations } from './room/migrations.ts';
import { addHeartDelta, heartSeconds } from './room/store.ts';

await onEveryDatabase('what a long broadcast leaves', open => {
  it('is read whole and in order, over many reads: segments by rendition, and hearts', async () => {
    const db = await open();
    await db.migrate({ ...broadcastMigrations, ...recorderMigrations, ...roomMigrations });
    const segment = (rendition: SegmentRow['rendition'], msn: number): SegmentRow => ({
      rendition,
      msn,
      start: msn * 180_000,
      duration: 180_000,
      timescale: 90_000,
      initNumber: 0,
      discontinuity: false,
      independent: true,
      bytes: 1000,
      frames: 60,
      restored: false,
    });
    const rows = (['audio', 'video'] as const).flatMap(rendition =>
      Array.from({ length: 1500 }, (_, msn) => segment(rendition, msn)),
    );
    await insertSegments(db.sql, 'long', rows.toReversed());
    await insertSegments(db.sql, 'other', rows.slice(0, 3));
    assert.deepEqual(await listSegments(db.sql, 'long'), rows);
    assert.deepEqual(await listSegments(db.sql, 'none'), []);

    const hearts = Array.from({ length: 4001 }, (_, n): [number, number] => [n * 2, 1 + (n % 9)]);
    await db.transaction(tx =>
      addHeartDelta(tx, 'long', { bySecond: new Map(hearts.toReversed()), byViewer: new Map() }),
    );
    assert.deepEqual(await heartSeconds(db.sql, 'long'), hearts);
    assert.deepEqual(await heartSeconds(db.sql, 'none'), []);
    await db.close();
  });
});
