// Publishes the film over and over by WHIP until it is told to stop, and answers no PLI, as OBS does not.
// Usage: node tests/bench/load/film-publisher.ts WHIP_URL TOKEN GOP_SECONDS HEIGHT
import ndc from 'node-datachannel';
import { packetizeH264 } from '#media/h264/packetizer.ts';
import { Microphone } from '../../../tools/synthetic/microphone.ts';
import { Uplink } from '../../../tools/synthetic/uplink.ts';
import { encodeFilm, FILM_FPS, FILM_MS, type FilmHeight } from './clock-film.ts';

const [whipUrl, token, gopSeconds, height] = process.argv.slice(2);
const film = (await encodeFilm(Number(gopSeconds), Number(height) as FilmHeight)).map(nals =>
  packetizeH264(nals),
);
const uplink = await Uplink.connect(whipUrl!, token!, { keyframeWanted() {}, closed: () => process.exit(1) });
// The film begins when the time of day is a multiple of its length, so that a picture tells when it was sent.
const startMs = Math.ceil(Date.now() / FILM_MS) * FILM_MS;
const microphone = new Microphone({
  packet: (bytes, ms) => uplink.audio.push([bytes], ms, false),
  failed: cause => {
    throw cause;
  },
});
let frame = 0;
const timers = [
  setInterval(() => {
    const nowMs = Date.now() - startMs;
    if (nowMs < 0) return;
    microphone.listen(nowMs);
    for (; (frame * 1000) / FILM_FPS <= nowMs; frame++)
      uplink.video.push(film[frame % film.length]!, (frame * 1000) / FILM_FPS, true);
  }, 3),
  setInterval(() => {
    const nowMs = Date.now() - startMs;
    if (nowMs < 0) return;
    uplink.video.report(nowMs);
    uplink.audio.report(nowMs);
  }, 1000),
];
process.once('SIGTERM', async () => {
  for (const timer of timers) clearInterval(timer);
  await uplink.end().catch(() => {});
  microphone.close();
  ndc.cleanup();
  process.exit(0);
});
