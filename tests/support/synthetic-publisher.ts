import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from '../../tools/processes.ts';

export interface SyntheticPublisher {
  readonly child: ChildProcess;
  /** Resolves when it is connected: from then on pictures are on their way. */
  readonly sending: Promise<unknown>;
  /** Says goodbye and waits. */
  close(): Promise<void>;
}

/** Publishes drawn pictures and a soft chord by real WHIP, in a process of its own. */
export function startSyntheticPublisher(target: {
  readonly whipUrl: string;
  readonly publishToken: string;
}): SyntheticPublisher {
  const child = spawn(
    process.execPath,
    ['tools/synthetic-publisher.ts', '--whip-url', target.whipUrl, '--token', target.publishToken],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return {
    child,
    sending: once(child.stdout!, 'data'),
    async close() {
      const exited = new Promise(resolve => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
    },
  };
}
