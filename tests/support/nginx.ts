import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../tools/processes.ts';
import { needExecutable } from './programs.ts';
import { freeTcpPort } from './tcp.ts';
import { until } from './until.ts';

export interface Nginx {
  readonly url: string;
  /** User and system time in seconds so far of nginx and its workers; Linux only. */
  cpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

/** A real nginx with `deploy/nginx.conf` on a free port of loopback, in front of the server at `originUrl`. */
export async function startProxyNginx(originUrl: string): Promise<Nginx> {
  const written = await readFile(path.join(root, 'deploy/nginx.conf'), 'utf8');
  return startNginx((folder, port) => {
    const changes = {
      'listen 80;': `listen 127.0.0.1:${port};`,
      'server 127.0.0.1:8080;': `server 127.0.0.1:${new URL(originUrl).port};`,
      '/var/lib/nginx/skylark': path.join(folder, 'cache'),
    };
    return Object.entries(changes).reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`deploy/nginx.conf says no "${from}" any more`);
      return text.replace(from, to);
    }, written);
  });
}

/** A real nginx that serves the files of a folder from the path `/`. */
export function startFileNginx(folder: string): Promise<Nginx> {
  return startNginx(
    (_own, port) => `server { listen 127.0.0.1:${port}; root ${folder}; open_file_cache max=1000; }`,
  );
}

async function startNginx(site: (folder: string, port: number) => string): Promise<Nginx> {
  const binary = needExecutable('nginx', 'nginx');
  const folder = await mkdtemp(path.join(tmpdir(), 'skylark-nginx-'));
  await mkdir(path.join(folder, 'cache'));
  const port = await freeTcpPort();
  const file = path.join(folder, 'nginx.conf');
  await writeFile(file, around(folder, site(folder, port)));
  const child = spawn(binary, ['-p', folder, '-c', file, '-e', path.join(folder, 'error.log')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  const url = `http://127.0.0.1:${port}`;
  await until('nginx answers', () => answers(url, child));
  return {
    url,
    cpuSeconds: () => cpuSeconds(child.pid!),
    async close() {
      process.off('exit', abandon);
      const exited = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What Debian's /etc/nginx/nginx.conf has around a site, with every path in one folder. One process: simple to stop. */
function around(folder: string, site: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  ${temporary.map(name => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  ${site}
}
`;
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
  return fetch(`${url}/`).then(
    () => true,
    () => false,
  );
}

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
