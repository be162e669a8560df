// Reads segments again and again, each reader one at a time: most as players that fill their buffers do, some slowly. At a line of
// the input they begin, at the next they end, and {"answers", "bytes", "refused"} is printed.
// Usage: node tests/bench/load/segment-readers.ts READERS SLOW URL...
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [readersText, slowText, ...urls] = process.argv.slice(2);
const readers = Number(readersText);
const slow = Number(slowText);
/** Between two segments of a reader. */
const PAUSE_MS = 500;
const SLOW_BYTES = 16 * 1024;
const SLOW_EVERY_MS = 250;
let isReading = false;
let answers = 0;
let refused = 0;
let bytes = 0;

async function keepReading(n: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.0.${(n % 50) + 2}` });
  for (let i = n; isReading; i++) {
    await read(urls[i % urls.length]!, agent, n < slow);
    await sleep(PAUSE_MS);
  }
  agent.destroy();
}

function read(url: string, agent: Agent, isSlow: boolean): Promise<void> {
  return new Promise(resolve => {
    get(
      url.replace('localhost', '127.0.0.1'),
      { agent, highWaterMark: SLOW_BYTES } as object,
      async response => {
        if (response.statusCode === 200) answers++;
        else refused++;
        for await (const chunk of response) {
          bytes += (chunk as Buffer).length;
          if (isSlow) await sleep(SLOW_EVERY_MS);
          if (!isReading) break;
        }
        resolve();
      },
    ).on('error', () => resolve());
  });
}

console.log('ready');
createInterface({ input: process.stdin })
  .on('line', () => {
    isReading = !isReading;
    if (isReading) for (let n = 0; n < readers; n++) void keepReading(n);
    else console.log(JSON.stringify({ answers, bytes, refused }));
  })
  .once('close', () => process.exit(0));
