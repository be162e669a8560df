// Publishes the film over and over by WHIP until it is told to stop, and answers no PLI, as OBS does not.
// Usage: node tests/bench/load/film-publisher.ts WHIP_URL TOKEN GOP_SECONDS HEIGHT
import { packetizeH264 } from '#media/h264/packetizer.ts';
import { Uplink } from '../../../tools/synthetic/uplink.ts';
import { encodeFilm, FILM_MS, type FilmHeight } from './clock-film.ts';
import { keepPublishing } from './keep-publishing.ts';

const [whipUrl, token, gopSeconds, height] = process.argv.slice(2);
const film = (await encodeFilm(Number(gopSeconds), Number(height) as FilmHeight)).map(nals =>
  packetizeH264(nals),
);
const uplink = await Uplink.connect(whipUrl!, token!, { keyframeWanted() {}, closed: () => process.exit(1) });
// The film begins when the time of day is a multiple of its length, so that a picture tells when it was sent.
const startMs = Math.ceil(Date.now() / FILM_MS) * FILM_MS;
keepPublishing(
  uplink,
  () => Date.now() - startMs,
  (frame, ms) => uplink.video.push(film[frame % film.length]!, ms, true),
);
