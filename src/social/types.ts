import type { Clock } from '#base/clock.ts';
import type { AccountId, Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Post } from '#contract/api/types.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import type { Directory } from '#ports/directory.ts';
import type { Jobs } from '#ports/jobs.ts';

export interface SocialDeps {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: Directory;
}

/** Who asks, as far as this room cares. */
export interface Viewer {
  readonly id: AccountId;
  readonly role: 'operator' | 'member';
}

export interface PostPage {
  readonly items: Post[];
  readonly nextCursor: string | null;
}
