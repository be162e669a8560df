import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { passwordsSuite } from '#ports/passwords.suite.ts';
import { createScryptPasswords } from './index.ts';

passwordsSuite('scrypt', () =>
  createScryptPasswords({ log: silentLogger, cost: { costLog2: 10, blockSize: 8, repeats: 1 } }),
);

describe('scrypt as it is used', () => {
  it('has N=2^15, r=8, p=3, and hashes made with less are outdated', async () => {
    const passwords = createScryptPasswords({ log: silentLogger });
    const weak = createScryptPasswords({
      log: silentLogger,
      cost: { costLog2: 14, blockSize: 8, repeats: 3 },
    });
    const [hash, weakHash] = await Promise.all([passwords.hash('a lark'), weak.hash('a lark')]);
    assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$/);
    assert.deepEqual([passwords.isOutdated(hash), passwords.isOutdated(weakHash)], [false, true]);
    assert.equal(await passwords.verify('a lark', weakHash), true);
    await Promise.all([passwords.close(), weak.close()]);
  });
});
