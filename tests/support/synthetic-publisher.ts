import { type ChildProcess, spawn } from 'node:child_process';
import { root } from '../../tools/processes.ts';

/** Publishes drawn pictures and a soft chord by real WHIP, in a process of its own. `close` says goodbye and waits. */
export function startSyntheticPublisher(target: {
  readonly whipUrl: string;
  readonly publishToken: string;
}): {
  readonly child: ChildProcess;
  close(): Promise<void>;
} {
  const child = spawn(
    process.execPath,
    ['tools/synthetic-publisher.ts', '--whip-url', target.whipUrl, '--token', target.publishToken],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return {
    child,
    async close() {
      const exited = new Promise(resolve => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
    },
  };
}
