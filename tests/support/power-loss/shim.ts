import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

let built: string | null | undefined;

/** The library below a process (`shim.c`), built once; null where there is no C compiler, or no Linux. */
export function powerLossShim(): string | null {
  if (built === undefined) built = process.platform === 'linux' ? build() : null;
  return built;
}

function build(): string | null {
  const library = path.join(mkdtempSync(path.join(tmpdir(), 'skylark-shim-')), 'shim.so');
  const source = path.join(import.meta.dirname, 'shim.c');
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, source], {
      stdio: 'inherit',
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
  return existsSync(library) ? library : null;
}

/** The environment of a process whose changes below `folder` are written to `log`; `fail`: see shim.c. */
export function shimEnvironment(
  shim: string,
  { folder, log, fail }: { readonly folder: string; readonly log: string; readonly fail?: string },
): Record<string, string> {
  return {
    LD_PRELOAD: shim,
    // What libuv hands to the kernel by rings passes the library by.
    UV_USE_IO_URING: '0',
    POWER_LOSS_FOLDER: folder,
    POWER_LOSS_LOG: log,
    ...(fail ? { POWER_LOSS_FAIL: fail } : {}),
  };
}
