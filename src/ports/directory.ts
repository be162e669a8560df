import type { AccountId } from '#base/ids.ts';
import type { AccountSummary } from '#contract/api/types.ts';

/** Who somebody is, for rooms that show people but do not keep accounts. Wired to `accounts` by `app`. */
export interface Directory {
  /** Summaries by id in one read; an id that is not known is left out. */
  summaries(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountSummary>>;
}
