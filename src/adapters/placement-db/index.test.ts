import { sql as raw } from 'kysely';
import { FakeClock } from '#base/fake-clock.ts';
import { createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import { describePlacement, type PlacementHouse } from '#ports/placement.suite.ts';
import type { Placement } from '#ports/placement.ts';
import { type OpenDb, onEveryDatabase } from '#tests/support/databases.ts';
import { until } from '#tests/support/until.ts';
import { createDbPlacement } from './index.ts';
import { placementMigrations } from './migrations.ts';

await onEveryDatabase('placement', open => describePlacement('database', () => openHouse(open)));

async function openHouse(open: OpenDb): Promise<PlacementHouse> {
  const db = await open();
  await db.migrate(placementMigrations);
  await db.sql.schema.createTable('written').addColumn('count', 'integer').execute();
  let jumpedMs = 0;
  const clocks = new Map<Placement, { clock: FakeClock; folder: string }>();
  const leases = () => db.sql.selectFrom('processes').select(['folder', 'lease_until']).execute();
  return {
    async open(folder) {
      const clock = new FakeClock();
      const machine = {
        nowMs: () => clock.nowMs() + jumpedMs,
        monotonicMs: () => clock.monotonicMs(),
        after: clock.after.bind(clock),
        every: clock.every.bind(clock),
      };
      const ids = createIds(machine, bytes => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
      const placement = createDbPlacement({ db, clock: machine, ids, log, folder });
      await placement.join(`http://${folder}`);
      clocks.set(placement, { clock, folder });
      return placement;
    },
    jump(ms) {
      jumpedMs += ms;
    },
    async lapse(placement) {
      const { folder } = clocks.get(placement)!;
      await db.sql.updateTable('processes').set({ lease_until: 1 }).where('folder', '=', folder).execute();
    },
    async renew(placement) {
      const { clock } = clocks.get(placement)!;
      const before = JSON.stringify(await leases());
      clock.advance(5_000);
      await until('it said that it lives', async () => JSON.stringify(await leases()) !== before);
      await raw`select 1`.execute(db.sql);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    },
    written: async () => (await db.sql.selectFrom('written').select('count').execute()).length,
    write: hold =>
      hold.write(async tx => void (await tx.insertInto('written').values({ count: 1 }).execute())),
    close: () => db.close(),
  };
}
