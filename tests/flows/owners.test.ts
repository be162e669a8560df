import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast } from '#contract/api/types.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { password } from '#tests/support/people.ts';
import { startPostgres } from '#tests/support/postgres.ts';
import { type ServerProcess, startServerProcess } from '#tests/support/server-process.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';
import { registerPerson } from '../../tools/api-person.ts';
import { root } from '../../tools/processes.ts';

const LIVE_MS_MAX = 60_000;
const database = await startPostgres();
const folders: string[] = [];
const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
  await database?.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const newFolder = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'skylark-owners-'));
  folders.push(folder);
  return folder;
};
const start = async (folder: string, environment: Record<string, string> = {}): Promise<ServerProcess> => {
  const server = await startServerProcess({ SKYLARK_LOG: 'error', ...environment }, folder);
  closers.push(() => server.close());
  return server;
};
const stateAt = async (url: string, id: string): Promise<string> =>
  ((await (await fetch(`${url}/api/v1/broadcasts/${id}`)).json()) as Broadcast).state;
const publish = async (url: string, created: CreatedBroadcast): Promise<void> => {
  const publisher = startSyntheticPublisher({ ...created, whipUrl: new URL(created.whipUrl, url).href });
  closers.push(() => publisher.close());
  await until('it is live', async () => (await stateAt(url, created.id)) === 'live', LIVE_MS_MAX);
};
const goLive = async (url: string, handle: string): Promise<CreatedBroadcast> => {
  const person = await registerPerson(url, { handle, password });
  const created = await person.call<CreatedBroadcast>('POST', '/api/v1/broadcasts', { title: handle });
  await publish(url, created);
  return created;
};

/** A process that is not to serve; gives what it said, and how it ended. */
async function refused(environment: Record<string, string>): Promise<{ said: string; code: number | null }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/app/main.ts'], {
    cwd: root,
    env: { ...process.env, SKYLARK_RTC_PORT: '0', SKYLARK_RTC_BIND: '127.0.0.1', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { said, code: code as number | null };
}

describe('a second process', () => {
  it('on the folder, or the port, of one that is live is refused by name, and changes nothing', async () => {
    const folder = await newFolder();
    const server = await start(folder);
    const { id } = await goLive(server.url, 'ana');
    const port = new URL(server.url).port;
    const onFolder = await refused({ SKYLARK_DATA: folder, SKYLARK_PORT: '0' });
    assert.equal(onFolder.code, 1);
    assert.match(
      onFolder.said,
      new RegExp(`${folder} is in use by process ${server.child.pid} .*localhost:${port}`),
    );
    const empty = await newFolder();
    const onPort = await refused({ SKYLARK_DATA: empty, SKYLARK_PORT: port });
    assert.equal(onPort.code, 1);
    assert.match(onPort.said, /another program uses that port/);
    assert.deepEqual(await readdir(empty), ['lock']);
    assert.equal(await stateAt(server.url, id), 'live');
  });
});

describe('two processes on one PostgreSQL', { skip: skipWithout('postgresql', database !== null) }, () => {
  it('leave each other’s broadcasts alone, also when one of them is killed and comes back', async () => {
    const environment = { SKYLARK_DATABASE_URL: database!.url };
    const [first, second] = [await newFolder(), await newFolder()];
    const one = await start(first, environment);
    const two = await start(second, environment);
    const [ana, ben] = [await goLive(one.url, 'ana'), await goLive(two.url, 'ben')];
    for (const { method, at } of [
      { method: 'GET', at: `/hls/${ana.id}/index.m3u8` },
      { method: 'GET', at: `/hls/${ana.id}/video/index.m3u8` },
    ]) {
      const response = await fetch(two.url + at, { method });
      const { code, detail } = (await response.json()) as { code: string; detail: string };
      assert.deepEqual([response.status, code], [503, 'elsewhere'], at);
      assert.ok(detail.includes(new URL(one.url).port), detail);
    }
    const exited = once(one.child, 'exit');
    one.child.kill('SIGKILL');
    await exited;
    assert.equal(await stateAt(two.url, ben.id), 'live');
    const again = await start(first, environment);
    assert.equal(await stateAt(again.url, ana.id), 'interrupted');
    assert.equal(await stateAt(again.url, ben.id), 'live');
    await publish(again.url, ana);
    assert.equal(await stateAt(two.url, ana.id), 'live');
    assert.equal(await stateAt(two.url, ben.id), 'live');
  });
});
