// Gets URLs over keep-alive connections, one request at a time on each, until a count is reached. Reads nothing but lengths.
// Usage: node tests/bench/load/http-get.ts CONNECTIONS; then, line by line: {"url", "paths", "count"}; answers with the count.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Job {
  readonly url: string;
  readonly paths: readonly string[];
  readonly count: number;
}

const connections = Number(process.argv[2]);
console.log('ready');
createInterface({ input: process.stdin })
  .on('line', async line => {
    const job = JSON.parse(line) as Job;
    let asked = 0;
    let answered = 0;
    const take = () => (asked < job.count ? job.paths[asked++ % job.paths.length]! : null);
    const lanes = Array.from({ length: connections }, () => lane(job, take, () => answered++));
    await Promise.all(lanes);
    console.log(answered);
  })
  .once('close', () => process.exit(0));

/** One connection: asks for the next path when the answer before it is complete. */
function lane(job: Job, take: () => string | null, answered: () => void): Promise<void> {
  const { hostname, port } = new URL(job.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let missing = 0;
    const next = () => {
      const path = take();
      if (path !== null) socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n`);
      else end(socket, resolve);
    };
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('connect', next);
    socket.on('data', (chunk: Buffer) => {
      missing -= missing > 0 ? chunk.length : -remainingAfterHead(chunk);
      if (missing > 0) return;
      answered();
      next();
    });
  });
}

/** Bytes of the body that follow the chunk in which the head is. */
function remainingAfterHead(chunk: Buffer): number {
  const end = chunk.indexOf('\r\n\r\n');
  const head = chunk.toString('latin1', 0, end);
  if (end < 0 || !head.startsWith('HTTP/1.1 200')) throw new Error(head.slice(0, 200));
  const length = Number(/content-length: (\d+)/i.exec(head)![1]);
  return length - (chunk.length - end - 4);
}

function end(socket: Socket, resolve: () => void): void {
  socket.end();
  resolve();
}
