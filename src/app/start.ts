import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createAccounts } from '#accounts/index.ts';
import { systemClock } from '#base/clock.ts';
import { Disposer } from '#base/dispose.ts';
import { createIds, type Ids } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { createLive } from '#live/index.ts';
import { createSocial } from '#social/index.ts';
import { openAdapters } from './adapters.ts';
import type { Config } from './config.ts';
import { measureKeyframes, measureParts } from './instruments.ts';
import { createMetrics } from './metrics.ts';
import { loadSecret } from './secret.ts';
import { serve } from './serve.ts';

export interface Running {
  /** Where it is served, with the port that was taken. */
  readonly url: string;
  /** Drains: stop listeners > interrupt publishers > flush parts > finish recordings > close bus and db. Idempotent. */
  close(): Promise<void>;
}

const webDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../dist/web');

/** Wires the rooms together and serves. The one place that decides which adapters are used. */
export async function startSkylark(config: Config): Promise<Running> {
  const log: Logger = pino({ level: config.logLevel });
  const disposer = new Disposer(log);
  try {
    return await start(config, log, disposer);
  } catch (error) {
    await disposer.close();
    throw error;
  }
}

async function start(config: Config, log: Logger, disposer: Disposer): Promise<Running> {
  const clock = systemClock;
  const ids: Ids = createIds(clock, bytes => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>));
  const secret = await loadSecret(config.dataDirectory, ids.secret);
  const metrics = createMetrics();
  const ports = await openAdapters(config, { log, clock, ids, disposer });
  const { db, jobs, bus, blobs, journals, transcoder } = ports;

  const accounts = createAccounts({ db, ids, clock, log, secret, publicUrl: config.publicUrl });
  const directory = { summaries: accounts.summaries };
  const social = createSocial({ db, jobs, bus, ids, clock, log, directory });
  const live = createLive({
    db,
    jobs,
    bus,
    blobs,
    journals,
    ids,
    clock,
    log,
    directory,
    transcoder,
    config: { publicUrl: config.publicUrl },
    partCut: measureParts(metrics),
    keyframeInterval: measureKeyframes(metrics),
  });

  await db.migrate({ ...accounts.migrations, ...social.migrations, ...live.migrations, ...jobs.migrations });
  await live.recover();
  jobs.start({ ...social.jobHandlers, ...live.jobHandlers });
  disposer.add('live', () => live.drain());

  const url = await serve({
    config,
    log,
    clock,
    ids,
    accounts,
    social,
    live,
    rtc: ports.rtc,
    bus,
    db,
    metrics,
    webDirectory,
    disposer,
  });
  log.debug({ url }, 'serving');
  return { url, close: () => disposer.close() };
}
