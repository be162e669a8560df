import {
  type Accounts,
  type AccountsDeps,
  type Client,
  createAccounts,
  type Viewer,
} from '#accounts/index.ts';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { createScryptPasswords } from '#adapters/passwords-scrypt/index.ts';
import { placeOf } from '#base/address.ts';
import { silentLogger } from '#base/log.ts';
import { scopes } from '#contract/scopes.ts';
import type { Migrations } from '#ports/db.ts';
import type { Passwords } from '#ports/passwords.ts';

/** Hashed as the server does, at a cost that a test with many people can pay. Its thread keeps no test alive. */
export function quickPasswords(costLog2 = 8): Passwords {
  return createScryptPasswords({ log: silentLogger, cost: { costLog2, blockSize: 8, repeats: 1 } });
}

/** Somebody's browser, at an address of its own when it is given one. */
export function testClient(address = '192.0.2.1', cookie?: string): Client {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
  return { place: placeOf(address), userAgent, cookie };
}

/** The accounts room over real adapters, with quick passwords. */
export function createTestAccounts(
  deps: Pick<AccountsDeps, 'db' | 'ids' | 'clock'> & Partial<AccountsDeps>,
): { readonly accounts: Accounts; readonly migrations: Migrations } {
  const { db, ids, clock } = deps;
  const jobs = deps.jobs ?? createDbJobs({ db, clock, log: silentLogger, ids });
  const accounts = createAccounts({
    bus: createLocalBus({ log: silentLogger }),
    passwords: quickPasswords(),
    log: silentLogger,
    secret: 'a secret of the tests, long enough for anybody',
    publicUrl: null,
    isOpenToOthers: false,
    ...deps,
    jobs,
  });
  return {
    accounts,
    migrations: { ...accounts.migrations, ...('migrations' in jobs ? (jobs.migrations as Migrations) : {}) },
  };
}

/** An account as somebody who signed in with it by password; its session is in no database. */
export function viewerOf(account: Pick<Viewer, 'id' | 'handle' | 'role'>): Viewer {
  const { id, handle, role } = account;
  return {
    id,
    handle,
    role,
    credential: { id: `session-of-${id}`, kind: 'session', scopes, expiresAt: null },
  };
}
