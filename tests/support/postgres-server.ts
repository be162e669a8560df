import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { folderOf } from './programs.ts';
import { freeTcpPort } from './tcp.ts';

export interface PostgresServer {
  /** Of the maintenance database. */
  readonly url: string;
  stop(): Promise<void>;
}

interface User {
  uid: number;
  gid: number;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  'shared_buffers=64MB',
];

/** Starts a throw-away PostgreSQL on a free port of 127.0.0.1; null when none is installed. */
export async function startPostgresServer(): Promise<PostgresServer | null> {
  const bin = folderOf('postgresql');
  if (!bin) return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'skylark-postgres-'));
  let child: ChildProcess | null = null;
  const clean = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  const stopWatching = atExit(() => {
    child?.kill('SIGKILL');
    clean();
  });
  const user = unprivilegedUser();
  if (user) chownSync(folder, user.uid, user.gid);
  initialize(bin, folder, user);
  const port = await freeTcpPort();
  child = spawnServer(bin, folder, port, user);
  await ready(child);
  // A suite that never stops it must not hang: it ends with the process.
  child.unref();
  (child.stderr as Socket).unref();
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop: () => stop(child) };

  async function stop(running: ChildProcess): Promise<void> {
    stopWatching();
    running.ref();
    const exited = once(running, 'exit');
    running.kill('SIGINT'); // fast shutdown
    await exited;
    clean();
  }
}

/** Runs `abandon` when the process exits or is told to end; returns what takes that back. */
function atExit(abandon: () => void): () => void {
  // A process that dies of a signal has no exit event, unless it exits by itself.
  const interrupted = () => process.exit(1);
  process.once('exit', abandon);
  for (const signal of SIGNALS) process.once(signal, interrupted);
  return () => {
    process.off('exit', abandon);
    for (const signal of SIGNALS) process.off(signal, interrupted);
  };
}

function spawnServer(bin: string, folder: string, port: number, user: User | null): ChildProcess {
  const settings = SETTINGS.flatMap(setting => ['-c', setting]);
  return spawn(path.join(bin, 'postgres'), ['-D', folder, '-p', `${port}`, ...settings], {
    ...user,
    cwd: folder,
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** PostgreSQL refuses to run as root: then as the system's user `postgres`, or `nobody`. */
function unprivilegedUser(): User | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = ['postgres', 'nobody']
    .map(name => users.find(user => user.startsWith(`${name}:`)))
    .find(Boolean);
  if (!line) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function initialize(bin: string, folder: string, user: User | null): void {
  const args = ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const { status, stderr, error } = spawnSync(path.join(bin, 'initdb'), args, {
    ...user,
    cwd: folder,
    env: { LC_ALL: 'C' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`, { cause: error });
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000);
      if (output.includes('ready to accept connections')) resolve();
    });
    child.once('exit', code => reject(new Error(`postgres ended with ${code}: ${output}`)));
    child.once('error', reject);
  });
}
