import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Fault } from '#base/fault.ts';
import type { Passwords } from './passwords.ts';

/** As better-auth made them until Skylark hashed itself: N=16384, r=16, p=1, the salt's hex as the salt. */
function olderHash(password: string): string {
  const salt = '00112233445566778899aabbccddeeff';
  const options = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 };
  return `${salt}:${scryptSync(password.normalize('NFKC'), salt, 64, options).toString('hex')}`;
}

export function passwordsSuite(name: string, open: () => Passwords): void {
  describe(`passwords: ${name}`, () => {
    let passwords: Passwords;
    before(() => {
      passwords = open();
    });
    after(() => passwords.close());

    it('knows a password by its hash, and no other', async () => {
      const hash = await passwords.hash('correct horse');
      assert.ok(!hash.includes('correct'));
      assert.equal(await passwords.verify('correct horse', hash), true);
      assert.equal(await passwords.verify('correct horsf', hash), false);
      assert.equal(await passwords.verify('', hash), false);
      assert.equal(passwords.isOutdated(hash), false);
    });

    it('salts each hash', async () => {
      assert.notEqual(await passwords.hash('same'), await passwords.hash('same'));
    });

    it('takes a password however its letters are composed', async () => {
      const hash = await passwords.hash('caf\u00e9 au lait');
      assert.equal(await passwords.verify('cafe\u0301 au lait', hash), true);
    });

    it('still knows older hashes, and says that they are old', async () => {
      const hash = olderHash('correct horse');
      assert.equal(await passwords.verify('correct horse', hash), true);
      assert.equal(await passwords.verify('wrong horse', hash), false);
      assert.equal(passwords.isOutdated(hash), true);
    });

    it('takes nothing for a hash that is none, or that would cost without bound', async () => {
      const costly = (await passwords.hash('x')).replace(/ln=\d+/, 'ln=40');
      for (const none of ['', ':', 'x:y', '$scrypt$', '$scrypt$ln=15,r=8,p=3$$', costly, 'f'.repeat(5000)])
        assert.equal(await passwords.verify('x', none), false, none.slice(0, 40));
    });

    it('fails what waits when it is closed', async () => {
      const closing = open();
      const waiting = [closing.hash('a'), closing.hash('b')].map(call =>
        assert.rejects(call, (cause: unknown) => cause instanceof Fault),
      );
      await closing.close();
      await Promise.all(waiting);
      await assert.rejects(closing.hash('c'), (cause: unknown) => cause instanceof Fault);
    });
  });
}
