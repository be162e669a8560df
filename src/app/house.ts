import { type Accounts, createAccounts } from '#accounts/index.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import type { Disposer } from '#base/dispose.ts';
import { createIds, type Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { createLive, type Live, type LiveDeps } from '#live/index.ts';
import { createSocial, type Social } from '#social/index.ts';
import { openAdapters } from './adapters.ts';
import { type Config, isOpenToOthers } from './config.ts';
import { checkFolder, refuseLostDatabase } from './folder-check.ts';
import type { Labels } from './labels.ts';
import { keepSecret, readSecret } from './secret.ts';
import { probeMigrations } from './storage-probe.ts';

export interface House extends Awaited<ReturnType<typeof openAdapters>> {
  readonly config: Config;
  /** Signs cookies and seals what is kept for a caller alone. */
  readonly secret: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly accounts: Accounts;
  readonly social: Social;
  readonly live: Live;
}

export interface HouseDeps extends Pick<LiveDeps, 'partCut' | 'keyframeInterval'> {
  readonly log: Logger;
  /** Where the event loop is measured. */
  readonly labels?: Labels;
  readonly disposer: Disposer;
}

/**
 * Everything behind the listeners: storage, migrated, and the domains on it. Whoever opens it holds the lock of the data
 * folder.
 */
export async function openHouse(
  config: Config,
  { log, labels, disposer, ...measures }: HouseDeps,
): Promise<House> {
  const clock = labels?.clock(systemClock) ?? systemClock;
  const ids: Ids = createIds(clock, bytes => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
  await refuseLostDatabase(config);
  const keptSecret = await readSecret(config.dataDirectory);
  const secret = keptSecret ?? ids.secret();
  const adapters = await openAdapters(config, { log, clock, ids, disposer });
  const ports = { ...adapters, bus: labels?.bus(adapters.bus) ?? adapters.bus };
  const { publicUrl } = config;
  const common = { ...ports, ids, clock, log };
  const accounts = createAccounts({ ...common, secret, publicUrl, isOpenToOthers: isOpenToOthers(config) });
  const directory = { summaries: accounts.summaries };
  const social = createSocial({ ...common, directory });
  const live = createLive({ ...common, directory, config: { publicUrl }, ...measures });
  const { db, jobs } = ports;
  const migrations = {
    ...{ ...accounts.migrations, ...social.migrations },
    ...{ ...live.migrations, ...jobs.migrations, ...ports.answers.migrations },
    ...ports.placement.migrations,
    ...probeMigrations,
  };
  const isNew = await checkFolder(config, db, migrations);
  await db.migrate(migrations);
  // Not before: a secret says that there is a database that belongs to it.
  if (!keptSecret) await keepSecret(config.dataDirectory, secret);
  if (!keptSecret && !isNew) log.warn({}, 'the secret of the data folder was gone: everybody signs in again');
  return { ...ports, config, secret, clock, ids, accounts, social, live };
}
