import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fenced, type Placement, PROCESS_LEASE_MS } from './placement.ts';

/** Several processes on one database. */
export interface PlacementHouse {
  /** A process on a data folder, which has joined; a later one on the same folder means that the earlier one is dead. */
  open(folder: string): Promise<Placement>;
  /** The machine's clock jumps; no time passes. */
  jump(ms: number): void;
  /** Nobody says anything for longer than a lease. */
  lapse(placement: Placement): Promise<void>;
  /** The process says that it lives, as it does again and again. */
  renew(placement: Placement): Promise<void>;
  /** A row that says how often something was written. */
  readonly written: () => Promise<number>;
  readonly write: (hold: NonNullable<Awaited<ReturnType<Placement['take']>>>) => Promise<void>;
  close(): Promise<void>;
}

/** What every placement keeps. */
export function describePlacement(name: string, open: () => Promise<PlacementHouse>): void {
  describe(`placement: ${name}`, () => {
    let house: PlacementHouse;
    let one: Placement;
    let two: Placement;
    beforeEach(async () => {
      house = await open();
      one = await house.open('folder-1');
      two = await house.open('folder-2');
    });
    afterEach(() => house.close());

    it('is with the folder that took it, and no process of another one takes it', async () => {
      assert.equal(await two.find('b'), null);
      assert.equal((await one.take('b'))?.epoch, 1);
      assert.equal(await two.take('b'), null);
      assert.deepEqual(await two.find('b'), { isHere: false, isHeld: true, address: 'http://folder-1' });
      assert.deepEqual(await one.find('b'), { isHere: true, isHeld: true, address: 'http://folder-1' });
    });

    it('is given to one of two that ask at once', async () => {
      const given = await Promise.all([one.take('b'), two.take('b')]);
      assert.equal(given.filter(hold => hold !== null).length, 1);
    });

    it('is taken over at once by the next process of the folder, and the one before writes nothing more', async () => {
      const stale = (await one.take('b'))!;
      await house.write(stale);
      const fenced: string[] = [];
      one.watch({ fenced: subject => fenced.push(subject), revived() {} });
      const next = await house.open('folder-1');
      const hold = (await next.take('b'))!;
      assert.equal(hold.epoch, 2);
      await assert.rejects(house.write(stale), Fenced);
      await assert.rejects(house.write(stale), Fenced);
      assert.deepEqual(fenced, ['b']);
      await house.write(hold);
      assert.equal(await house.written(), 2);
      await stale.release();
      await house.write(hold);
    });

    it('a process hears that it was taken over, though it writes nothing', async () => {
      await one.take('b');
      const fenced = Promise.withResolvers<string>();
      one.watch({ fenced: fenced.resolve, revived() {} });
      await (await house.open('folder-1')).take('b');
      await house.renew(one);
      assert.equal(await fenced.promise, 'b');
    });

    it('what was given back stays with the folder, and nobody has it', async () => {
      const hold = (await one.take('b'))!;
      await hold.release();
      await assert.rejects(house.write(hold), Fenced);
      assert.equal(await two.take('b'), null);
      assert.deepEqual(await two.find('b'), { isHere: false, isHeld: false, address: null });
      assert.equal((await one.take('b'))?.epoch, 2);
    });

    it('a process that says nothing for a lease is taken for dead: what it has can be fenced, and nothing else', async () => {
      const hold = (await one.take('b'))!;
      assert.equal(await two.expel('b'), false);
      await house.write(hold);
      await house.lapse(one);
      assert.deepEqual(await two.find('b'), { isHere: false, isHeld: false, address: null });
      await house.write(hold);
      assert.equal(await two.take('b'), null, 'its bytes are elsewhere');
      assert.equal(await two.expel('b'), true);
      await assert.rejects(house.write(hold), Fenced);
    });

    it('a process that was taken for dead and is not hears of it', async () => {
      let revived = 0;
      one.watch({ fenced() {}, revived: () => revived++ });
      await house.renew(one);
      assert.equal(revived, 0);
      await house.lapse(one);
      await house.renew(one);
      assert.equal(revived, 1);
    });

    it('a clock that jumps costs nobody anything, in either direction', async () => {
      const hold = (await one.take('b'))!;
      for (const ms of [10 * PROCESS_LEASE_MS, -20 * PROCESS_LEASE_MS, 365 * 86_400_000]) {
        house.jump(ms);
        await house.renew(two);
        assert.deepEqual(await two.find('b'), { isHere: false, isHeld: true, address: 'http://folder-1' });
        assert.equal(await two.expel('b'), false);
        await house.write(hold);
      }
    });

    it('knows the folders of the others that live', async () => {
      await house.renew(one);
      assert.deepEqual(one.others, ['folder-2']);
      await two.close();
      await house.renew(one);
      assert.deepEqual(one.others, []);
    });
  });
}
