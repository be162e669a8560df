import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { startTestServer } from '#tests/support/server.ts';
import { fillFolder, type SeededPerson, seedDatabase } from '../bench/load/seeded-database.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'skylark-seeded-'));
after(() => rm(folder, { recursive: true, force: true }));
const SMALL = { accounts: 60, posts: 600, followers: 60, readers: 2, tokens: 5 };

test('the server starts on a seeded data folder, and its people read, write and are told', async () => {
  const dataDirectory = path.join(folder, 'started');
  const { author, operator, people, password } = await seedDatabase(dataDirectory, SMALL);
  const server = await startTestServer({ dataDirectory });
  const call = async (verb: string, path: string, person: SeededPerson | null, body?: unknown) => {
    const headers = {
      ...(person ? { authorization: `Bearer ${person.token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method: verb,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    assert.ok(answer.ok, `${verb} ${path}: ${answer.status}`);
    return answer.json();
  };
  try {
    assert.equal((await call('GET', '/accounts/keeper', operator)).role, 'operator');
    assert.equal((await call('GET', `/accounts/${author.handle}`, people[0]!)).counts.followers, 60);
    for (const person of people)
      assert.equal((await call('GET', '/timelines/home', person)).items.length > 0, true, person.handle);
    const { id } = await call('POST', '/posts', author, { text: 'hello everybody' });
    assert.equal((await call('GET', '/timelines/home', author)).items[0].id, id);
    await call('POST', '/sign-in', null, { login: 'p000042', password });
  } finally {
    await server.close();
  }
});

test('the same options give the same rows', async () => {
  const rows = async (name: string) => {
    const directory = path.join(folder, name);
    await fillFolder(directory, { ...SMALL, seed: 7 });
    const database = new DatabaseSync(path.join(directory, 'skylark.db'));
    const all = ['posts', 'follows', 'home_entries', 'post_likes'].map(table =>
      database.prepare(`select * from ${table}`).all(),
    );
    database.close();
    return all;
  };
  assert.deepEqual(await rows('first'), await rows('second'));
});
