import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '#app/config.ts';
import { type Running, startSkylark } from '#app/start.ts';

export interface TestServer {
  /** Origin, the same after a restart. */
  readonly url: string;
  readonly dataDirectory: string;
  stop(): Promise<void>;
  /** Stops, where that was not done, and starts again on the same data folder and ports. */
  restart(): Promise<void>;
  /** Stops and removes the data folder. */
  close(): Promise<void>;
}

export function testConfig(dataDirectory: string): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    dataDirectory,
    publicUrl: null,
    rtcPort: 0,
    rtcBind: '127.0.0.1',
    rtcHosts: [],
    trustedProxies: null,
    metricsToken: null,
    databaseUrl: null,
    logLevel: 'error',
  };
}

/** The whole server in this process on default adapters, a free port of loopback and an empty data folder. */
export async function startTestServer(overrides: Partial<Config> = {}): Promise<TestServer> {
  const dataDirectory = overrides.dataDirectory ?? (await mkdtemp(path.join(tmpdir(), 'skylark-test-')));
  const config: Config = { ...testConfig(dataDirectory), ...overrides };
  let running: Running = await startSkylark(config);
  const url = running.url.replace('127.0.0.1', 'localhost');
  const port = Number(new URL(url).port);
  return {
    url,
    dataDirectory,
    stop: () => running.close(),
    async restart() {
      await running.close();
      running = await startSkylark({ ...config, port });
    },
    async close() {
      await running.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}
