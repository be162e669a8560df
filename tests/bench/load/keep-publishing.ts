import ndc from 'node-datachannel';
import { Microphone } from '../../../tools/synthetic/microphone.ts';
import type { Uplink } from '../../../tools/synthetic/uplink.ts';
import { FILM_FPS } from './clock-film.ts';

/**
 * Sends sound, sender reports and what `picture` pushes, each at its time, until the process is told to stop.
 * `elapsedMs` is the time since the first picture; below zero it is not due yet.
 */
export function keepPublishing(
  uplink: Uplink,
  elapsedMs: () => number,
  picture: (frame: number, ms: number) => void,
): void {
  const microphone = new Microphone({
    packet: (bytes, ms) => uplink.audio.push([bytes], ms, false),
    failed: cause => {
      throw cause;
    },
  });
  let frame = 0;
  const timers = [
    setInterval(() => {
      const nowMs = elapsedMs();
      if (nowMs < 0) return;
      microphone.listen(nowMs);
      for (; (frame * 1000) / FILM_FPS <= nowMs; frame++) picture(frame, (frame * 1000) / FILM_FPS);
    }, 3),
    setInterval(() => {
      const nowMs = elapsedMs();
      if (nowMs < 0) return;
      const pictures = uplink.layers.length > 0 ? uplink.layers : [uplink.video];
      for (const sender of [...pictures, uplink.audio]) sender.report(nowMs);
    }, 1000),
  ];
  process.once('SIGTERM', async () => {
    for (const timer of timers) clearInterval(timer);
    await uplink.end().catch(() => {});
    microphone.close();
    ndc.cleanup();
    process.exit(0);
  });
}
