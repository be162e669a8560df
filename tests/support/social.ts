import { randomFillSync } from 'node:crypto';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { type AccountId, createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import type { AccountSummary } from '#contract/api/types.ts';
import type { BroadcastEvent } from '#ports/events.ts';
import { createSocial, type SocialDeps, type UserHint } from '#social/index.ts';
import type { OpenDb } from './databases.ts';

export type SocialWorld = Awaited<ReturnType<typeof openSocial>>;

/** Social on a real database with real jobs and bus; only the clock stands still, and people are made up. */
export async function openSocial(open: OpenDb) {
  const db = await open();
  const clock = new FakeClock();
  const ids = createIds(clock, bytes => randomFillSync(bytes));
  const people = new Map<AccountId, AccountSummary>();
  const bus = createLocalBus({ log });
  const jobs = createDbJobs({ db, clock, log, ids });
  const directory: SocialDeps['directory'] = {
    summaries: async wanted => new Map(wanted.flatMap(id => (people.has(id) ? [[id, people.get(id)!]] : []))),
  };
  const social = createSocial({ db, jobs, bus, ids, clock, log, directory });
  await db.migrate({ ...social.migrations, ...jobs.migrations });
  jobs.start(social.jobHandlers);

  return {
    db,
    clock,
    ids,
    jobs,
    bus,
    social,
    person(handle: string): AccountId {
      const id: AccountId = ids.next<'account'>();
      people.set(id, { id, handle, displayName: handle });
      return id;
    },
    /** Writes a post one millisecond after what was before it. */
    async post(authorId: AccountId, text = 'hello', replyToId?: string) {
      clock.advance(1);
      return social.posts.create(authorId, { text, ...(replyToId ? { replyToId } : {}) });
    },
    async tell(kind: 'broadcast.started' | 'broadcast.changed', payload: BroadcastEvent) {
      await jobs.enqueue(db.sql, { kind, payload, orderingKey: `broadcast:${payload.broadcastId}` });
      await jobs.idle();
    },
    /** What the bus tells an account from now on. */
    hear(accountId: AccountId): UserHint[] {
      const heard: UserHint[] = [];
      bus.subscribe(`user:${accountId}`, hint => heard.push(hint as UserHint));
      return heard;
    },
    async close() {
      await jobs.close();
      await bus.close();
      await db.close();
    },
  };
}
