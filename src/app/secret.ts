import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '#disk/whole-file.ts';
import { FolderMismatch } from './folder-check.ts';

const SECRET_LENGTH_MIN = 32;

const fileOf = (dataDirectory: string): string => path.join(dataDirectory, 'secret');

/** The secret that signs cookies, kept in the data folder; null when it was never kept. */
export async function readSecret(dataDirectory: string): Promise<string | null> {
  const file = fileOf(dataDirectory);
  const text = await readFile(file, 'utf8').catch(nullWhenMissing);
  const secret = text?.trim() ?? null;
  if (secret !== null && secret.length < SECRET_LENGTH_MIN)
    throw new FolderMismatch(`${file} is damaged: delete it, and everybody signs in again.`);
  return secret;
}

/** Keeps a new secret, readable by its owner alone; it is durable when this resolves. */
export async function keepSecret(dataDirectory: string, secret: string): Promise<void> {
  const file = fileOf(dataDirectory);
  const draft = `${file}.new`;
  await rm(draft, { force: true }); // of a process that died here
  await writeWhole(file, draft, new TextEncoder().encode(secret));
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
