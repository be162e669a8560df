import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { NewBroadcast } from '#tests/support/new-broadcast.ts';
import { root } from '../../../tools/processes.ts';
import type { FilmHeight } from './clock-film.ts';

/** A load generator in a process of its own, so that its CPU is not the server's. */
export interface Load {
  readonly lines: Interface;
  /** Writes a line and gives the one that comes back. */
  ask(line?: string): Promise<string>;
  /** Writes a line that nothing comes back for. */
  tell(line?: string): void;
  nextLine(): Promise<string>;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it without a word, as a lost connection does. */
  kill(): Promise<void>;
}

export function startLoad(program: string, ...args: readonly string[]): Load {
  const file = path.join(import.meta.dirname, program);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  const nextLine = async () => {
    const aborted = new AbortController();
    const ended = once(child, 'exit', { signal: aborted.signal }).then(() => {
      throw new Error(`${program} ended early`);
    });
    ended.catch(() => {});
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    aborted.abort();
    return line;
  };
  return {
    lines,
    nextLine,
    tell: (line = '') => void child.stdin!.write(`${line}\n`),
    ask(line = '') {
      const answer = nextLine();
      child.stdin!.write(`${line}\n`);
      return answer;
    },
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

export function startFilm(broadcast: NewBroadcast, gopSeconds: number, height: FilmHeight = 720): Load {
  const { whipUrl, publishToken } = broadcast;
  return startLoad('film-publisher.ts', whipUrl, publishToken, `${gopSeconds}`, `${height}`);
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const exited = once(child, 'exit');
  child.stdin!.end();
  if (child.exitCode === null && child.signalCode === null && child.kill(signal)) await exited;
}
