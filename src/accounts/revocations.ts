import type { AccountId } from '#base/ids.ts';
import type { Bus } from '#ports/bus.ts';
import { CREDENTIALS_REVOKED, CREDENTIALS_TOPIC, type CredentialsRevoked } from '#ports/credentials.ts';
import type { Db, Tx } from '#ports/db.ts';
import type { Jobs } from '#ports/jobs.ts';

interface Deps {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly bus: Bus;
}

/** Deletes credentials and gives their ids. */
type Remove = (tx: Tx) => Promise<string[]>;

export interface Revocations {
  /** Takes credentials away: what they opened is closed, what was made with them and is on the air ends. Gives how many. */
  revoke(accountId: AccountId, remove: Remove): Promise<number>;
  /** Somebody leaves: what is open closes, what runs by itself, as an encoder does, goes on. */
  leave(accountId: AccountId, remove: Remove): Promise<void>;
}

export function createRevocations({ db, jobs, bus }: Deps): Revocations {
  const tell = (event: CredentialsRevoked) => {
    if (event.credentialIds.length > 0) bus.publish(CREDENTIALS_TOPIC, event);
  };
  return {
    async revoke(accountId, remove) {
      const event = await db.transaction(async tx => {
        const payload: CredentialsRevoked = { accountId, credentialIds: await remove(tx) };
        if (payload.credentialIds.length > 0)
          await jobs.enqueue(tx, { kind: CREDENTIALS_REVOKED, payload, orderingKey: `account:${accountId}` });
        return payload;
      });
      tell(event);
      if (event.credentialIds.length > 0) jobs.wake();
      return event.credentialIds.length;
    },
    async leave(accountId, remove) {
      tell({ accountId, credentialIds: await db.transaction(remove) });
    },
  };
}
