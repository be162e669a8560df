// Asks at an even pace, whatever the answers take, from several addresses of loopback. A line of the input is a job:
// {"url", "perSecond", "requests": [{"method", "path", "headers", "body"}]}; at the next line it stops and prints how often
// each status was answered and how long answers took: {"statuses", "delaysMs"}. Usage: node tests/bench/load/paced-requests.ts ADDRESSES
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';

interface Job {
  readonly url: string;
  readonly perSecond: number;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: string | null;
  }[];
}

const addresses = Number(process.argv[2]);
const agents = Array.from(
  { length: addresses },
  (_, i) => new Agent({ keepAlive: true, maxSockets: 64, localAddress: `127.0.0.${i + 2}` }),
);
let statuses: Record<string, number> = {};
let delaysMs: number[] = [];
let timer: NodeJS.Timeout | null = null;

function begin({ url, perSecond, requests }: Job): void {
  const { port } = new URL(url);
  const startMs = performance.now();
  let asked = 0;
  statuses = {};
  delaysMs = [];
  timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * perSecond;
    for (; asked < due; asked++) ask(Number(port), asked, requests[asked % requests.length]!);
  }, 5);
}

function ask(port: number, n: number, { method, path, headers, body }: Job['requests'][number]): void {
  const fromMs = performance.now();
  const agent = agents[n % agents.length]!;
  const done = (status: string) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    delaysMs.push(Math.round((performance.now() - fromMs) * 10) / 10);
  };
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, response => {
    response.resume();
    response.once('end', () => done(String(response.statusCode)));
  });
  sent.on('error', () => done('failed'));
  sent.end(body ?? undefined);
}

console.log('ready');
createInterface({ input: process.stdin })
  .on('line', line => {
    if (!timer) return begin(JSON.parse(line) as Job);
    clearInterval(timer);
    timer = null;
    console.log(JSON.stringify({ statuses, delaysMs }));
  })
  .once('close', () => process.exit(0));
