import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Logger } from '#base/log.ts';
import type { AdminOutcome } from './commands.ts';

/** A command and its words, as they come. */
const REQUEST_BYTES_MAX = 64 * 1024;
/** How long a caller may take to say what it wants. */
const REQUEST_MS = 5_000;
/** Commands at once; an operator has one. */
const CONNECTIONS_MAX = 8;
/** What a socket's address holds on macOS, the shortest of all, with its zero. */
const ADDRESS_BYTES_MAX = 104;

export interface AdminSocket {
  /** Where it listens. */
  readonly path: string;
  close(): Promise<void>;
}

/**
 * Takes commands from who may read the data folder: a line of JSON each, an array of words, answered by a line with its
 * outcome. Whoever opens it holds the folder's lock: what is there already is of a process that was killed.
 */
export async function openAdminSocket(
  directory: string,
  log: Logger,
  run: (words: readonly string[]) => Promise<AdminOutcome>,
): Promise<AdminSocket> {
  const { address, remove } = await addressIn(directory);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, socket => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    void serve(socket, run).catch(cause => {
      log.error({ err: cause }, 'an admin command failed');
      socket.end(lineOf({ ok: false, text: `The command failed: ${String(cause)}` }));
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  if (process.platform !== 'win32') await chmod(address, 0o600);
  return {
    path: address,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
      await remove();
    },
  };
}

/** Asks the process that listens at `address`. Rejects when nobody does. */
export async function askAdminSocket(address: string, words: readonly string[]): Promise<AdminOutcome> {
  const socket = connect({ path: address, allowHalfOpen: true });
  socket.end(lineOf(words));
  return JSON.parse(await text(socket)) as AdminOutcome;
}

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

async function serve(
  socket: Socket,
  run: (words: readonly string[]) => Promise<AdminOutcome>,
): Promise<void> {
  const words = wordsOf(await readRequest(socket));
  const outcome = words ? await run(words) : { ok: false, text: 'A request is a JSON array of words.' };
  socket.end(lineOf(outcome));
}

async function readRequest(socket: Socket): Promise<string> {
  const slow = setTimeout(() => socket.destroy(), REQUEST_MS);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > REQUEST_BYTES_MAX || (chunk as Buffer).includes(0x0a)) break;
    }
  } finally {
    clearTimeout(slow);
  }
  return Buffer.concat(chunks).subarray(0, REQUEST_BYTES_MAX).toString();
}

function wordsOf(request: string): string[] | null {
  try {
    const words: unknown = JSON.parse(request);
    return Array.isArray(words) && words.every(word => typeof word === 'string') ? words : null;
  } catch {
    return null;
  }
}

/** In the folder; where that path is longer than an address may be, in one of its own that only this user may enter. */
async function addressIn(directory: string): Promise<{ address: string; remove(): Promise<void> }> {
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(directory).digest('hex').slice(0, 32);
    return { address: `\\\\.\\pipe\\skylark-${name}`, remove: async () => {} };
  }
  const usual = path.join(directory, 'admin.sock');
  if (Buffer.byteLength(usual) < ADDRESS_BYTES_MAX) {
    await rm(usual, { force: true });
    return { address: usual, remove: () => rm(usual, { force: true }) };
  }
  const own = await mkdtemp(path.join(tmpdir(), 'skylark-admin-'));
  return { address: path.join(own, 'admin.sock'), remove: () => rm(own, { recursive: true, force: true }) };
}
