import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '#base/fault.ts';

/** The secret that signs cookies: made once, kept in the data folder, readable by its owner alone. */
export async function loadSecret(dataDirectory: string, make: () => string): Promise<string> {
  const file = path.join(dataDirectory, 'secret');
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(make());
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw new Fault(`cannot write ${file}`, cause);
  }
  const secret = (await readFile(file, 'utf8')).trim();
  if (secret.length < 32) throw new Fault(`${file} is damaged: delete it, and everybody signs in again`);
  return secret;
}
