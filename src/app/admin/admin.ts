import pino from 'pino';
import { Disposer } from '#base/dispose.ts';
import { type Config, ConfigError } from '../config.ts';
import { FolderInUse, lockDataFolder } from '../data-folder.ts';
import { openHouse } from '../house.ts';
import { type AdminOutcome, commands, help, runCommand } from './commands.ts';
import { askAdminSocket } from './socket.ts';

/** One command for the data folder of `config`: by the server that runs on it, else by this process, which locks it meanwhile. */
export async function admin(config: Config, words: readonly string[]): Promise<AdminOutcome> {
  if (!Object.hasOwn(commands, words[0] ?? '')) return { ok: false, text: help() };
  try {
    return await runHere(config, words);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    return askHolder(error, words);
  }
}

async function runHere(config: Config, words: readonly string[]): Promise<AdminOutcome> {
  const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
  const disposer = new Disposer(log);
  try {
    const lock = await lockDataFolder(config.dataDirectory, `admin ${words[0]}`);
    disposer.add('folder', () => lock.release());
    return await runCommand(await openHouse(config, { log, disposer }), words);
  } finally {
    await disposer.close();
  }
}

async function askHolder(held: FolderInUse, words: readonly string[]): Promise<AdminOutcome> {
  const address = held.holder?.admin;
  if (address === undefined)
    throw new ConfigError(`${held.message} It takes no commands yet: try again in a few seconds.`);
  try {
    return await askAdminSocket(address, words);
  } catch (cause) {
    throw new ConfigError(`${held.message} It does not answer: ${(cause as Error).message}.`);
  }
}
