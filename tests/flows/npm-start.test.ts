import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, it } from 'node:test';
import { freeTcpPort } from '#tests/support/tcp.ts';
import { until } from '#tests/support/until.ts';
import { root } from '../../tools/processes.ts';

describe('npm start', { skip: process.platform === 'win32' ? 'no signals' : false }, () => {
  let data: string;
  let port: number;
  before(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'skylark-npm-'));
    port = await freeTcpPort();
  });
  after(() => rm(data, { recursive: true, force: true }));

  const start = async (command: string, args: string[]): Promise<{ child: ChildProcess; server: number }> => {
    const child = spawn(command, args, {
      cwd: root,
      env: {
        ...process.env,
        SKYLARK_DATA: data,
        SKYLARK_PORT: String(port),
        SKYLARK_RTC_PORT: '0',
        SKYLARK_RTC_BIND: '127.0.0.1',
        SKYLARK_LOG: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout! })) if (line.includes('serves')) break;
    const { pid } = JSON.parse(await readFile(path.join(data, 'lock.json'), 'utf8')) as { pid: number };
    started.push(pid);
    return { child, server: pid };
  };
  const started: number[] = [];
  afterEach(() => {
    for (const pid of started.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  /** A drain takes its word back and gives the port free; a process that was killed cannot do the former. */
  const drained = (pid: number) =>
    until(
      'the server has drained',
      async () => {
        const isThere = await readFile(path.join(data, 'lock.json')).catch(() => null);
        return !isThere && !isRunning(pid);
      },
      30_000,
    );

  it('SIGTERM to npm drains the server', async () => {
    const { child, server } = await start('npm', ['start', '--silent']);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await drained(server);
  });

  it('so does a signal to the program that npm would run, and its death', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const { child, server } = await start(process.execPath, ['tools/run.mjs', 'start']);
      child.kill(signal);
      await drained(server);
    }
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
