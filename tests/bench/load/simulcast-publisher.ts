// Publishes films of three sizes as simulcast layers by WHIP, with sound, until it is told to stop.
// SIGUSR2 pauses the best layer, or lets it go on.
// Usage: node tests/bench/load/simulcast-publisher.ts WHIP_URL TOKEN
import { packetizeH264 } from '#media/h264/packetizer.ts';
import { Uplink } from '../../../tools/synthetic/uplink.ts';
import { keepPublishing } from './keep-publishing.ts';
import { encodeLayer, LAYERS } from './layer-films.ts';

const [whipUrl, token] = process.argv.slice(2);
const films: Uint8Array[][][] = [];
for (const layer of LAYERS) films.push((await encodeLayer(layer)).map(nals => packetizeH264(nals)));
const events = { keyframeWanted() {}, closed: () => process.exit(1) };
const rids = LAYERS.map(layer => layer.rid);
const uplink = await Uplink.connect(whipUrl!, token!, events, rids);
/** The best layer pauses, as browsers do when the uplink or the processor is short. */
let pauses = false;
process.on('SIGUSR2', () => {
  pauses = !pauses;
});
const startMs = performance.now();
keepPublishing(
  uplink,
  () => performance.now() - startMs,
  (frame, ms) => {
    for (const [i, film] of films.entries())
      if (i > 0 || !pauses) uplink.layers[i]!.push(film[frame % film.length]!, ms, true);
  },
);
