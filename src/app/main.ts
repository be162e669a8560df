import { enableCompileCache, flushCompileCache } from 'node:module';
import path from 'node:path';
import { ConfigError, readConfig } from './config.ts';
import { FolderInUse } from './data-folder.ts';
import { FolderMismatch } from './folder-check.ts';
import type { Running } from './start.ts';

const DRAIN_MS_MAX = 10_000;
/** Beside what it is compiled from, and not in the system's folder for temporary files, where others can write. */
const compiled = path.resolve(import.meta.dirname, '../../node_modules/.cache/skylark-compiled');

/** The process: reads the environment, serves until it is told to stop, drains, ends. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  // Compiling takes a fifth of a start, and of the time that is lost after a crash. Where it cannot be kept, it is done again.
  enableCompileCache(compiled);
  const { startSkylark } = await import('./start.ts');
  const starting = startSkylark(config);
  whenTold(() => void stop(starting));
  const { url, firstAccountUrl } = await starting;
  console.log(`Skylark serves ${url}`);
  if (firstAccountUrl) console.log(`The first account, the operator's, is made at ${firstAccountUrl}`);
  // Now, because a process that is killed keeps nothing.
  flushCompileCache();
}

/** By a signal, once or several times; or because whoever started this process and kept a channel to it is gone. */
function whenTold(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (process.connected) process.once('disconnect', stop);
}

/** A start that is under way comes to its end first: it has the folder, and perhaps broadcasts of the process before. */
async function stop(starting: Promise<Running>): Promise<void> {
  setTimeout(() => process.exit(1), DRAIN_MS_MAX).unref();
  const running = await starting.catch(() => null);
  await running?.close();
  process.exit(running ? 0 : 1);
}

/** What its message says is all there is to know. */
function isForTheOperator(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof FolderInUse || error instanceof FolderMismatch;
}

try {
  await main();
} catch (error) {
  const code = (error as { code?: string }).code;
  if (isForTheOperator(error)) console.error(`skylark: ${error.message}`);
  else if (code === 'EADDRINUSE')
    console.error('skylark: another program uses that port. Stop it, or set SKYLARK_PORT to a free one.');
  else console.error('skylark: could not start.', error);
  process.exit(1);
}
