import path from 'node:path';
import { sql as raw } from 'kysely';
import { createDbAnswers } from '#adapters/answers-db/index.ts';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { createScryptPasswords } from '#adapters/passwords-scrypt/index.ts';
import { createDbPlacement } from '#adapters/placement-db/index.ts';
import { createLibdatachannelRtc } from '#adapters/rtc-libdatachannel/index.ts';
import { createWebcodecsTranscoder } from '#adapters/transcoder-webcodecs/index.ts';
import type { Clock } from '#base/clock.ts';
import type { Disposer } from '#base/dispose.ts';
import type { Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { Db } from '#ports/db.ts';
import type { Rtc } from '#ports/rtc.ts';
import type { Config } from './config.ts';
import { folderName } from './data-folder.ts';
import { databaseFile } from './folder-check.ts';

interface Common {
  readonly log: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly disposer: Disposer;
}

/** The UDP port of WebRTC. */
export async function openRtc(
  config: Config,
  { log, disposer }: Pick<Common, 'log' | 'disposer'>,
): Promise<Rtc> {
  const rtc = await createLibdatachannelRtc({
    port: config.rtcPort,
    hosts: config.rtcHosts,
    log,
    ...(config.rtcBind ? { bind: config.rtcBind } : {}),
  });
  disposer.add('rtc', () => rtc.close());
  return rtc;
}

/** Opens the adapter of every port that stores or works; each is closed by `disposer`, after what uses it. */
export async function openAdapters(config: Config, { log, clock, ids, disposer }: Common) {
  const db = await openDb(config, log);
  disposer.add('db', () => db.close());
  const bus = createLocalBus({ log });
  disposer.add('bus', () => bus.close());
  const blobs = await openDiskBlobs({ directory: path.join(config.dataDirectory, 'blobs'), log });
  const journals = await openDiskJournals({ directory: path.join(config.dataDirectory, 'journals') });
  const folder = await folderName(config.dataDirectory, ids.next);
  const placement = createDbPlacement({ db, clock, ids, log, folder });
  const jobs = createDbJobs({ db, clock, log, ids, home: { folder, others: () => placement.others } });
  disposer.add('jobs', () => jobs.close());
  const transcoder = createWebcodecsTranscoder({ log });
  disposer.add('transcoder', () => transcoder.close());
  const answers = createDbAnswers({ db, clock });
  const passwords = createScryptPasswords({ log });
  disposer.add('passwords', () => passwords.close());
  return { db, bus, blobs, journals, jobs, placement, transcoder, passwords, answers };
}

async function openDb(config: Config, log: Logger): Promise<Db> {
  if (config.databaseUrl) {
    // Loaded only where it is used.
    const { openPostgres } = await import('#adapters/db-postgres/index.ts');
    return openPostgres({ url: config.databaseUrl, log });
  }
  const db = await openSqlite({ file: databaseFile(config.dataDirectory), log });
  // For the test that shows what a loss of power takes when commits are not synced; `SKYLARK_TEST_` is nobody's configuration.
  if (process.env.SKYLARK_TEST_SYNCHRONOUS === 'normal')
    await raw`pragma synchronous = normal`.execute(db.sql);
  return db;
}
