// npm start with a throw-away data folder, sample people, posts, and a synthetic broadcast that is live.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../src/app/config.ts';
import { startSkylark } from '../src/app/start.ts';
import { fillWithSamples, samplePassword } from './demo-samples.ts';
import { root } from './processes.ts';
import { buildWebIfStale } from './web-build.ts';

await buildWebIfStale();
const dataDirectory = await mkdtemp(path.join(tmpdir(), 'skylark-demo-'));
const running = await startSkylark({
  ...readConfig({ SKYLARK_LOG: 'warn', ...process.env }),
  dataDirectory,
  databaseUrl: null,
});
const broadcast = await fillWithSamples(running.url);
const publisher = spawn(
  process.execPath,
  [
    'tools/synthetic-publisher.ts',
    '--whip-url',
    new URL(broadcast.whipUrl, running.url).href,
    '--token',
    broadcast.publishToken,
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);
console.log(`Skylark serves ${running.url} with sample data that goes when this ends.`);
console.log(
  `Sign in as "mira", "tomas", "ines" or "kofi" with the password "${samplePassword}". Mira is live.`,
);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  publisher.kill('SIGTERM');
  await running.close();
  await rm(dataDirectory, { recursive: true, force: true });
  process.exit(0);
}
