import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../tools/processes.ts';

export interface ServerProcess {
  readonly url: string;
  readonly dataDirectory: string;
  readonly child: ChildProcess;
  /** Resident memory in MB, from the operating system; Linux only. */
  residentMb(): Promise<number>;
  /** User and system time in seconds so far, from the operating system; Linux only. */
  cpuSeconds(): Promise<number>;
  /** SIGTERM, wait, and remove the data folder. */
  close(): Promise<void>;
}

/** The server as an operator runs it, in a process of its own, on a free port of loopback and an empty data folder. */
export async function startServerProcess(
  environment: Record<string, string> = {},
  dataDirectory?: string,
): Promise<ServerProcess> {
  const data = dataDirectory ?? (await mkdtemp(path.join(tmpdir(), 'skylark-bench-')));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/app/main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      SKYLARK_HOST: '127.0.0.1',
      SKYLARK_PORT: '0',
      SKYLARK_RTC_PORT: '0',
      SKYLARK_RTC_BIND: '127.0.0.1',
      SKYLARK_DATA: data,
      SKYLARK_LOG: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await servedUrl(child);
  return {
    url: url.replace('127.0.0.1', 'localhost'),
    dataDirectory: data,
    child,
    async residentMb() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    async cpuSeconds() {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async close() {
      const exited = new Promise(resolve => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
      if (!dataDirectory) await rm(data, { recursive: true, force: true });
    },
  };
}

function servedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', line => {
      const match = /Skylark serves (\S+)/.exec(line);
      if (match) resolve(match[1]!);
      else console.log(line);
    });
    child.once('exit', code => reject(new Error(`the server ended with ${code} before it served`)));
  });
}
