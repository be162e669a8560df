import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { afterEach, describe, it } from 'node:test';
import { skipWithout } from './backend.ts';
import { folderOf, hiddenPrograms, shadowHidden } from './programs.ts';

describe('programs that are hidden', () => {
  const { SKYLARK_TEST_WITHOUT: without, PATH: searched, CI: ci } = process.env;
  afterEach(() => {
    restore('SKYLARK_TEST_WITHOUT', without);
    restore('PATH', searched);
    restore('CI', ci);
  });

  it('seem absent', () => {
    process.env.SKYLARK_TEST_WITHOUT = 'nginx, ffmpeg';
    assert.deepEqual(hiddenPrograms(), ['nginx', 'ffmpeg']);
    assert.equal(folderOf('nginx'), null);
    assert.equal(folderOf('ffmpeg'), null);
  });

  it('are skipped on CI too, where what is missing otherwise is a failure', () => {
    process.env.CI = 'true';
    process.env.SKYLARK_TEST_WITHOUT = 'nginx';
    assert.equal(skipWithout('nginx'), 'no nginx');
    assert.equal(skipWithout('a disk of its own', true), false);
    assert.throws(() => skipWithout('a disk of its own', false), /CI has no a disk of its own/);
  });

  it('are named right, or the run stops', () => {
    assert.throws(() => hiddenPrograms('ffmpg'), /names "ffmpg"; expected some of ffmpeg, nginx, postgresql/);
  });

  it('fail whoever runs them without having asked', { skip: process.platform === 'win32' }, () => {
    process.env.SKYLARK_TEST_WITHOUT = 'ffmpeg';
    const unshadow = shadowHidden();
    const { status, stderr } = spawnSync('ffprobe', ['-version'], { encoding: 'utf8' });
    unshadow();
    assert.equal(status, 127);
    assert.match(stderr, /hidden by SKYLARK_TEST_WITHOUT/);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
