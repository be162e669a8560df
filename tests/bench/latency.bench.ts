import { openBrowser } from '#tests/support/browser.ts';
import { installGlassClock, measureGlassToGlass, percentile } from '#tests/support/glass-clock.ts';
import { openPerson, signUp } from '#tests/support/people.ts';
import { startServerProcess } from '#tests/support/server-process.ts';
import { goLive, joins } from './main-job.bench.ts';

const SETTLE_MS = 8_000;
const WATCH_MS = 15_000;

/** The delay from glass to glass, with sound, once the player has settled. */
export async function measure(): Promise<Record<'whep' | 'hls', { p95Ms: number }>> {
  const server = await startServerProcess();
  const browser = await openBrowser();
  try {
    const ana = await openPerson(browser, server.url, 'ana');
    await installGlassClock(ana.context);
    await signUp(ana);
    await goLive(ana.page);
    const ben = await openPerson(browser, server.url, 'ben');
    await signUp(ben);
    const watch = async (mode: 'whep' | 'hls') => {
      await joins(ben.page, mode, 1);
      await measureGlassToGlass(ben.page, SETTLE_MS);
      return { p95Ms: Math.round(percentile(await measureGlassToGlass(ben.page, WATCH_MS), 0.95)) };
    };
    return { whep: await watch('whep'), hls: await watch('hls') };
  } finally {
    await browser.close();
    await server.close();
  }
}
