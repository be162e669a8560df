import type { TestContext } from 'node:test';

/**
 * The `skip` option of a test that needs a backend: false when it is present, else the reason, which the runner shows.
 * With CI=true a missing backend is a failure instead: `describe(name, { skip: skipWithout('PostgreSQL', found) }, ...)`.
 */
export function skipWithout(name: string, present: boolean): string | false {
  if (present) return false;
  if (process.env.CI === 'true') throw new Error(`CI has no ${name}, which this suite needs`);
  return `no ${name}`;
}

/** The same rule inside a running test: `if (!requireBackend(t, 'ffmpeg', found)) return;`. */
export function requireBackend(t: TestContext, name: string, present: boolean): boolean {
  const reason = skipWithout(name, present);
  if (reason !== false) t.skip(reason);
  return reason === false;
}
