import { openBrowser } from '#tests/support/browser.ts';
import { percentile } from '#tests/support/glass-clock.ts';
import { openPerson, signUp } from '#tests/support/people.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { goLive, joins } from './main-job.bench.ts';
import { measureNoPliJoins, type NoPliJoins } from './no-pli-joins.ts';

const JOINS = 12;
/** With these, the browser's very first use of WebRTC is not the 95th percentile. */
const WHEP_JOINS = 24;

interface Figures {
  readonly whep: { readonly p95Ms: number };
  /** Pictures of 640x360. */
  readonly whepNoPli: NoPliJoins;
  /** Pictures of 1280x720, of which a browser that decodes by software does about 250 a second: a burst may be half of them. */
  readonly whepNoPli720: NoPliJoins;
  readonly hls: { readonly p95Ms: number };
}

/** From the click on a broadcast to its first picture. */
export async function measure(): Promise<Figures> {
  const server = await startServerProcess();
  const browser = await openBrowser();
  try {
    const ana = await openPerson(browser, server.url, 'ana');
    await signUp(ana);
    await goLive(ana.page);
    const ben = await openPerson(browser, server.url, 'ben');
    await signUp(ben);
    const p95 = (times: number[]) =>
      Math.round(
        percentile(
          times.sort((a, b) => a - b),
          0.95,
        ),
      );
    const whep = { p95Ms: p95(await joins(ben.page, 'whep', WHEP_JOINS)) };
    const hls = { p95Ms: p95(await joins(ben.page, 'hls', JOINS)) };
    await ana.context.close();
    const whepNoPli = await measureNoPliJoins(browser, 360, WHEP_JOINS);
    const whepNoPli720 = await measureNoPliJoins(browser, 720, JOINS);
    return { whep, whepNoPli, whepNoPli720, hls };
  } finally {
    await browser.close();
    await server.close();
  }
}
