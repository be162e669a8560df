import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { FolderInUse, lockDataFolder } from './data-folder.ts';

describe('the lock of a data folder', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'skylark-lock-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const refusal = async (): Promise<FolderInUse> => {
    const outcome = await lockDataFolder(directory, 'test').catch((error: unknown) => error);
    assert.ok(outcome instanceof FolderInUse, String(outcome));
    return outcome;
  };

  it('keeps a second caller of the same process out, and says who holds it', async () => {
    const lock = await lockDataFolder(directory, 'server');
    await lock.describe({ url: 'http://localhost:8080' });
    const { message, holder } = await refusal();
    assert.equal(holder?.pid, process.pid);
    assert.match(
      message,
      new RegExp(`process ${process.pid} \\(server at http://localhost:8080\\), since 20`),
    );
    await lock.release();
    await lock.release();
    await (await lockDataFolder(directory, 'test')).release();
  });

  it('is of no use to anybody else: its file cannot be read by others, and nothing is left of it but that', async () => {
    const lock = await lockDataFolder(directory, 'server');
    for (const name of await readdir(directory))
      assert.equal((await stat(path.join(directory, name))).mode & 0o077, 0, name);
    await lock.release();
    assert.deepEqual(await readdir(directory), ['lock']);
  });

  it('keeps another process out, and goes with one that is killed', async () => {
    const other = await holdElsewhere(directory);
    const { message } = await refusal();
    assert.match(message, new RegExp(`process ${other.pid} `));
    const exited = once(other, 'exit');
    other.kill('SIGKILL');
    await exited;
    await (await lockDataFolder(directory, 'test')).release();
  });

  it('is given to one of many that ask at once', async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => lockDataFolder(directory, 'test')),
    );
    const given = asked.filter(outcome => outcome.status === 'fulfilled');
    assert.equal(given.length, 1);
    await given[0]!.value.release();
  });

  it('does not need the words of who held it: damaged ones keep nobody out', async () => {
    await writeFile(path.join(directory, 'lock.json'), '{"pid":');
    const lock = await lockDataFolder(directory, 'server');
    await writeFile(path.join(directory, 'lock.json'), '{"pid":');
    assert.equal((await refusal()).holder, null);
    await lock.release();
  });
});

/** A process that holds the folder until it is killed. */
async function holdElsewhere(directory: string): Promise<ChildProcess> {
  const program = `
    import { lockDataFolder } from '#app/data-folder.ts';
    await lockDataFolder(${JSON.stringify(directory)}, 'server');
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(createInterface({ input: child.stdout! }), 'line');
  return child;
}
