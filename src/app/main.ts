import { ConfigError, readConfig } from './config.ts';
import { type Running, startSkylark } from './start.ts';

const DRAIN_MS_MAX = 10_000;

/** The process: reads the environment, serves until it is told to stop, drains, ends. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const running = await startSkylark(config);
  console.log(`Skylark serves ${running.url}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void stop(running));
}

async function stop(running: Running): Promise<void> {
  const deadline = setTimeout(() => process.exit(1), DRAIN_MS_MAX);
  await running.close();
  clearTimeout(deadline);
  process.exit(0);
}

try {
  await main();
} catch (error) {
  const code = (error as { code?: string }).code;
  if (error instanceof ConfigError) console.error(`skylark: ${error.message}`);
  else if (code === 'EADDRINUSE')
    console.error('skylark: another program uses that port. Stop it, or set SKYLARK_PORT to a free one.');
  else console.error('skylark: could not start.', error);
  process.exit(1);
}
