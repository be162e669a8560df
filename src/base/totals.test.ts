import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Totals } from './totals.ts';

it('a sum keeps what those who left had counted', () => {
  const totals = new Totals(['packets', 'bytes']);
  const first = { packets: 2, bytes: 20 };
  const second = { packets: 1, bytes: 5 };
  assert.deepEqual(totals.sum([first, second]), { packets: 3, bytes: 25 });
  totals.leave(first);
  assert.deepEqual(totals.sum([second]), { packets: 3, bytes: 25 });
  assert.deepEqual(totals.sum([]), { packets: 2, bytes: 20 });
});
