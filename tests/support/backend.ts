import type { TestContext } from 'node:test';
import { folderOf, hiddenPrograms, type Program } from './programs.ts';

/**
 * The `skip` option of a test that needs something of the machine: false when it is present, else the reason, which the runner
 * shows. With CI=true what is missing is a failure, unless it was hidden on purpose. Of a program the name is enough:
 * `describe(name, { skip: skipWithout('nginx') }, ...)`.
 */
export function skipWithout(program: Program): string | false;
export function skipWithout(name: string, present: boolean): string | false;
export function skipWithout(name: string, present = folderOf(name as Program) !== null): string | false {
  if (present) return false;
  const isHidden = hiddenPrograms().some(hidden => hidden === name);
  if (process.env.CI === 'true' && !isHidden) throw new Error(`CI has no ${name}, which this suite needs`);
  return `no ${name}`;
}

/** The same rule inside a running test: `if (!requireBackend(t, 'ffmpeg')) return;`. */
export function requireBackend(t: TestContext, program: Program): boolean {
  const reason = skipWithout(program);
  if (reason !== false) t.skip(reason);
  return reason === false;
}
