// Publishes films of three sizes as simulcast layers by WHIP, with sound, until it is told to stop.
// SIGUSR2 pauses the best layer, or lets it go on.
// Usage: node tests/bench/load/simulcast-publisher.ts WHIP_URL TOKEN
import ndc from 'node-datachannel';
import { packetizeH264 } from '#media/h264/packetizer.ts';
import { Microphone } from '../../../tools/synthetic/microphone.ts';
import { Uplink } from '../../../tools/synthetic/uplink.ts';
import { encodeLayer, FILM_FPS, LAYERS } from './layer-films.ts';

const [whipUrl, token] = process.argv.slice(2);
const films: Uint8Array[][][] = [];
for (const layer of LAYERS) films.push((await encodeLayer(layer)).map(nals => packetizeH264(nals)));
const events = { keyframeWanted() {}, closed: () => process.exit(1) };
const rids = LAYERS.map(layer => layer.rid);
const uplink = await Uplink.connect(whipUrl!, token!, events, rids);
const microphone = new Microphone({
  packet: (bytes, ms) => uplink.audio.push([bytes], ms, false),
  failed: cause => {
    throw cause;
  },
});
const startMs = performance.now();
let frame = 0;
/** The best layer pauses, as browsers do when the uplink or the processor is short. */
let pauses = false;
process.on('SIGUSR2', () => {
  pauses = !pauses;
});
const timers = [
  setInterval(() => {
    const nowMs = performance.now() - startMs;
    microphone.listen(nowMs);
    for (; (frame * 1000) / FILM_FPS <= nowMs; frame++)
      for (const [i, film] of films.entries())
        if (i > 0 || !pauses)
          uplink.layers[i]!.push(film[frame % film.length]!, (frame * 1000) / FILM_FPS, true);
  }, 3),
  setInterval(() => {
    const nowMs = performance.now() - startMs;
    for (const sender of [...uplink.layers, uplink.audio]) sender.report(nowMs);
  }, 1000),
];
process.once('SIGTERM', async () => {
  for (const timer of timers) clearInterval(timer);
  await uplink.end().catch(() => {});
  microphone.close();
  ndc.cleanup();
  process.exit(0);
});
