import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { systemClock } from '#base/clock.ts';
import { Disposer } from '#base/dispose.ts';
import type { Logger } from '#base/log.ts';
import { tellRepeatedOnce } from '#base/repeated-faults.ts';
import { Slices } from '#base/slices.ts';
import { openRtc } from './adapters.ts';
import { type AdminHouse, runCommand } from './admin/commands.ts';
import { openAdminSocket } from './admin/socket.ts';
import type { Config } from './config.ts';
import { type FolderLock, lockDataFolder } from './data-folder.ts';
import { closeFolder } from './folder-modes.ts';
import { openFront } from './front.ts';
import { openHouse } from './house.ts';
import { measureKeyframes, measureParts } from './instruments.ts';
import { createLabels } from './labels.ts';
import { LoopMeter, measureLoop } from './loop-meter.ts';
import { createMetrics } from './metrics.ts';
import { createHttpServer, serve } from './serve.ts';

export interface Running {
  /** Where it is served, with the port that was taken. */
  readonly url: string;
  /** Where the first account is made, while there is none and strangers can reach the server; null otherwise. */
  readonly firstAccountUrl: string | null;
  /**
   * Drains: stop listeners > interrupt publishers > flush parts > sync journals > release the folder > close bus and db.
   * Who asks twice waits for one end.
   */
  close(): Promise<void>;
}

const webDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../dist/web');

/** Wires the rooms together and serves. The one place that decides which adapters are used. */
export async function startSkylark(config: Config): Promise<Running> {
  const log = tellRepeatedOnce(pino({ level: config.logLevel }), systemClock);
  const disposer = new Disposer(log);
  try {
    return await start(config, log, disposer);
  } catch (error) {
    await disposer.close();
    throw error;
  }
}

/** The folder is locked and the ports are bound before anything is read, so that a second process changes nothing. */
async function start(config: Config, log: Logger, disposer: Disposer): Promise<Running> {
  const lock = await lockDataFolder(config.dataDirectory, 'server');
  disposer.add('folder', () => lock.release());
  await closeFolder(config.dataDirectory, log);
  const front = await openFront(config.host, config.port, createHttpServer);
  disposer.add('front', () => front.close());
  await lock.describe({ url: front.url });
  const rtc = await openRtc(config, { log, disposer });
  const metrics = createMetrics();
  const meter = new LoopMeter(log);
  disposer.add('loop meter', () => meter.close());
  measureLoop(metrics, meter);
  const labels = createLabels(meter);
  const measures = { partCut: measureParts(metrics), keyframeInterval: measureKeyframes(metrics) };
  const house = await openHouse(config, { log, labels, disposer, ...measures });
  const { jobs, live, social, clock } = house;
  const slices = new Slices({ clock, afterInput: setImmediate, label: meter.enter });
  disposer.add('placement', () => house.placement.close());
  await house.placement.join(config.publicUrl ?? front.url);
  await live.recover();
  jobs.start(labels.jobs({ ...social.jobHandlers, ...live.jobHandlers }));
  disposer.add('live', () => live.drain());
  await serve({
    ...house,
    front,
    rtc: labels.rtc(rtc, slices),
    slices,
    labels,
    log,
    metrics,
    webDirectory,
    disposer,
  });
  disposer.add('listener', () => front.stop());
  await takeCommands(lock, house, log, disposer);
  log.debug({ url: front.url }, 'serving');
  const code = await house.accounts.firstAccountCode();
  const firstAccountUrl = code && `${config.publicUrl ?? front.url}/sign-up?first=${code}`;
  return { url: front.url, firstAccountUrl, close: () => disposer.close() };
}

async function takeCommands(
  lock: FolderLock,
  house: AdminHouse,
  log: Logger,
  disposer: Disposer,
): Promise<void> {
  const socket = await openAdminSocket(house.config.dataDirectory, log, words => runCommand(house, words));
  disposer.add('admin', () => socket.close());
  await lock.describe({ admin: socket.path });
}
