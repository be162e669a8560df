// As film-publisher.ts; every picture says when it was sent, and its RTP timestamp does too, so that what this process was late
// with is not taken for the server's. Usage: node tests/bench/load/stamped-film.ts WHIP_URL TOKEN GOP_SECONDS HEIGHT
import { packetizeH264 } from '#media/h264/packetizer.ts';
import { Uplink } from '../../../tools/synthetic/uplink.ts';
import { encodeFilm, FILM_MS, type FilmHeight } from './clock-film.ts';
import { keepPublishing } from './keep-publishing.ts';
import { stampNal, wallMs } from './stamp.ts';

const [whipUrl, token, gopSeconds, height] = process.argv.slice(2);
const film = await encodeFilm(Number(gopSeconds), Number(height) as FilmHeight);
const uplink = await Uplink.connect(whipUrl!, token!, { keyframeWanted() {}, closed: () => process.exit(1) });
const startMs = Math.ceil(Date.now() / FILM_MS) * FILM_MS;
let lastMs = Number.NEGATIVE_INFINITY;
keepPublishing(
  uplink,
  () => Date.now() - startMs,
  frame => {
    const sentMs = wallMs();
    // Two pictures that are sent at once are still two.
    lastMs = Math.max(sentMs - startMs, lastMs + 1);
    uplink.video.push(
      packetizeH264([stampNal(sentMs), ...film[frame % film.length]!]),
      Math.max(0, lastMs),
      true,
    );
  },
);
