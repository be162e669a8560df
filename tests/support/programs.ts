import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Programs that tests use where the machine has them; without one its tests are skipped. `SKYLARK_TEST_WITHOUT` names, with
 * commas between, those that shall seem absent, so that a machine which has them shows what a newcomer's does.
 */
const programs = {
  ffmpeg: ['ffmpeg', 'ffprobe'],
  nginx: ['nginx'],
  postgresql: ['postgres', 'initdb'],
} as const;

export type Program = keyof typeof programs;

/** Where they lie beside PATH: Debian keeps servers out of an ordinary user's, Homebrew out of some programs'. */
const FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Of one run: a decoded hour is larger than anything else here. */
const OUTPUT_MAX = 512 * 1024 * 1024;
const OUTPUT_TIMEOUT_MS = 600_000;

/** The programs that SKYLARK_TEST_WITHOUT hides. Throws on a word that is none. */
export function hiddenPrograms(words = process.env.SKYLARK_TEST_WITHOUT ?? ''): readonly Program[] {
  const names = words.split(',').map(word => word.trim());
  return names.filter(Boolean).map(name => {
    if (!Object.hasOwn(programs, name))
      throw new Error(
        `SKYLARK_TEST_WITHOUT names "${name}"; expected some of ${Object.keys(programs).join(', ')}.`,
      );
    return name as Program;
  });
}

/** The folder that has all executables of a program, or null when it is absent or hidden. */
export function folderOf(program: Program): string | null {
  if (hiddenPrograms().includes(program)) return null;
  const inPath = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const has = (folder: string) => programs[program].every(name => existsSync(path.join(folder, name)));
  return [...postgresFolders(program), ...inPath, ...FOLDERS].find(has) ?? null;
}

/** Debian has every version of PostgreSQL in a folder of its own: the newest first. */
function postgresFolders(program: Program): string[] {
  const debian = '/usr/lib/postgresql';
  if (program !== 'postgresql' || !existsSync(debian)) return [];
  const versions = readdirSync(debian).sort((a, b) => Number(b) - Number(a));
  return versions.map(version => path.join(debian, version, 'bin'));
}

/** Path of one of a program's executables. Throws what to install: for benches, and tests that asked before. */
export function needExecutable<P extends Program>(program: P, name: (typeof programs)[P][number]): string {
  const folder = folderOf(program);
  if (folder === null) throw new Error(`This needs ${program}: install it, or put it on PATH.`);
  return path.join(folder, name);
}

/** Runs an executable of ffmpeg to its end and gives what it printed. */
export async function outputOf(name: 'ffmpeg' | 'ffprobe', args: readonly string[]): Promise<Buffer> {
  const file = needExecutable('ffmpeg', name);
  const options = { encoding: 'buffer', maxBuffer: OUTPUT_MAX, timeout: OUTPUT_TIMEOUT_MS } as const;
  return (await promisify(execFile)(file, args, options)).stdout;
}

/**
 * Puts stand-ins that fail in front of PATH for every hidden program, so that a test which runs one without having
 * asked for it fails here as it would where the program is absent. Gives what takes them away.
 */
export function shadowHidden(): () => void {
  const names = hiddenPrograms().flatMap(program => [...programs[program]]);
  if (names.length === 0) return () => {};
  const folder = mkdtempSync(path.join(tmpdir(), 'skylark-without-'));
  for (const name of names)
    writeFileSync(
      path.join(folder, name),
      `#!/bin/sh\necho "${name} is hidden by SKYLARK_TEST_WITHOUT" >&2\nexit 127\n`,
      { mode: 0o755 },
    );
  process.env.PATH = `${folder}${path.delimiter}${process.env.PATH ?? ''}`;
  return () => rmSync(folder, { recursive: true, force: true });
}
