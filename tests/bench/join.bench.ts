import { openBrowser } from '#tests/support/browser.ts';
import { percentile } from '#tests/support/glass-clock.ts';
import { openPerson, signUp } from '#tests/support/people.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { goLive, joins } from './main-job.bench.ts';

const JOINS = 12;

/** From the click on a broadcast to its first picture, of a publisher that answers PLI. */
export async function measure(): Promise<Record<'whep' | 'hls', { p95Ms: number }>> {
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
    const whep = { p95Ms: p95(await joins(ben.page, 'whep', JOINS)) };
    return { whep, hls: { p95Ms: p95(await joins(ben.page, 'hls', JOINS)) } };
  } finally {
    await browser.close();
    await server.close();
  }
}
