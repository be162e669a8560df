import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { splitAnnexB } from '#media/h264/nal.ts';
import { needExecutable } from '#tests/support/programs.ts';

export const FILM_FPS = 30;
/** One turn of the film; its pictures show where in it they stand. */
export const FILM_MS = 4000;
/** How high its picture is; every height has the bits per pixel of 1280x720 at 2.5 Mbit/s. */
export type FilmHeight = 360 | 720;
const BITS = 24;
const ACCESS_UNIT_DELIMITER = 9;

/**
 * Four seconds of 16:9, encoded by ffmpeg: access units, each in NAL units. Every picture shows its
 * time in the blocks that `measureGlassToGlass` reads; noise below them makes the bitrate of a camera.
 */
export async function encodeFilm(gopSeconds: number, height: FilmHeight): Promise<Uint8Array[][]> {
  const child = spawn(needExecutable('ffmpeg', 'ffmpeg'), ffmpegArguments(gopSeconds, height), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = buffer(child.stdout);
  for (let frame = 0; frame < (FILM_MS * FILM_FPS) / 1000; frame++) {
    if (!child.stdin.write(draw(frame, height)))
      await new Promise(resolve => child.stdin.once('drain', resolve));
  }
  child.stdin.end();
  return accessUnits(await output);
}

/** Splits what ffmpeg wrote with delimiters into its pictures, each in NAL units. */
export function accessUnits(annexB: Uint8Array): Uint8Array[][] {
  const units: Uint8Array[][] = [];
  for (const nal of splitAnnexB(annexB)) {
    if ((nal[0]! & 31) === ACCESS_UNIT_DELIMITER) units.push([]);
    else units.at(-1)!.push(nal);
  }
  return units;
}

function ffmpegArguments(gopSeconds: number, height: FilmHeight): string[] {
  const gop = gopSeconds * FILM_FPS;
  const input = `-f rawvideo -pix_fmt yuv420p -s ${(height * 16) / 9}x${height} -r ${FILM_FPS} -i -`;
  const kbits = 2500 * (height / 720) ** 2;
  const codec = `-c:v libx264 -preset veryfast -tune zerolatency -profile:v baseline -b:v ${kbits}k`;
  const shape = `-maxrate ${kbits}k -bufsize ${kbits / 2}k -g ${gop} -keyint_min ${gop} -sc_threshold 0 -x264-params aud=1:sliced-threads=0`;
  return `-v error ${input} ${codec} ${shape} -f h264 -`.split(' ');
}

function draw(frame: number, height: FilmHeight): Uint8Array {
  const width = (height * 16) / 9;
  /** In the units of a picture that is 1280 wide. */
  const at = (px: number) => Math.round((px * width) / 1280);
  const picture = new Uint8Array((width * height * 3) / 2).fill(128, width * height);
  const ms = Math.round((frame * 1000) / FILM_FPS);
  for (let bit = 0; bit < BITS; bit++) {
    if (Math.floor(ms / 2 ** bit) % 2 === 0) continue;
    for (let y = at(200); y < at(520); y++)
      picture.fill(235, y * width + at(bit * 52 + 16), y * width + at(bit * 52 + 64));
  }
  let noise = frame + 1;
  for (let i = at(560) * width; i < width * height; i++) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    picture[i] = noise >>> 25;
  }
  return picture;
}
