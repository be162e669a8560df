import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { needExecutable } from '#tests/support/programs.ts';
import { accessUnits, FILM_FPS } from './clock-film.ts';

const FILM_SECONDS = 4;
const GOP_SECONDS = 2;

export interface Layer {
  readonly rid: string;
  readonly width: number;
  readonly height: number;
  readonly kbps: number;
}

/** What our studio sends of a camera of 720 lines. */
export const LAYERS: readonly Layer[] = [
  { rid: 'f', width: 1280, height: 720, kbps: 2500 },
  { rid: 'h', width: 640, height: 360, kbps: 800 },
  { rid: 'q', width: 320, height: 180, kbps: 200 },
];

/** Four seconds of a noisy test picture, encoded by ffmpeg to the bitrate of the layer: access units, each in NAL units. */
export async function encodeLayer({ width, height, kbps }: Layer): Promise<Uint8Array[][]> {
  const gop = GOP_SECONDS * FILM_FPS;
  const source = `testsrc2=s=${width}x${height}:r=${FILM_FPS},noise=alls=24:allf=t,format=yuv420p`;
  const input = ['-v', 'error', '-f', 'lavfi', '-i', source, '-t', `${FILM_SECONDS}`];
  const codec = `-c:v libx264 -preset veryfast -tune zerolatency -profile:v baseline -b:v ${kbps}k -maxrate ${kbps}k`;
  const shape = `-bufsize ${kbps / 2}k -g ${gop} -keyint_min ${gop} -sc_threshold 0 -x264-params aud=1:sliced-threads=0`;
  const args = [...input, ...`${codec} ${shape} -f h264 -`.split(' ')];
  const child = spawn(needExecutable('ffmpeg', 'ffmpeg'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return accessUnits(await buffer(child.stdout));
}
