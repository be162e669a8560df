import { isFirstSlice, isKeyFrame, isSlice, splitAnnexB } from '#media/h264/nal.ts';
import type { VideoUnit } from '#media/unit.ts';
import { outputOf } from './programs.ts';

/** The access units of a byte stream without B-frames, at an even rate. */
export function unitsOf(bytes: Uint8Array, fps: number): VideoUnit[] {
  const pictures: Uint8Array[][] = [];
  let open: Uint8Array[] = [];
  let hasSlice = false;
  for (const nal of splitAnnexB(bytes)) {
    const begins = hasSlice && (!isSlice(nal) || isFirstSlice(nal));
    if (begins) {
      pictures.push(open);
      open = [];
      hasSlice = false;
    }
    open.push(nal);
    hasSlice ||= isSlice(nal);
  }
  pictures.push(open);
  return pictures.map((nals, i) => {
    const pts = (i * 90_000) / fps;
    return { kind: 'video', pts, dts: pts, key: isKeyFrame(nals), nals };
  });
}

/** The MD5 of every picture that ffmpeg decodes of a file or address, in the order they are shown. */
export async function decodedPictures(input: string): Promise<string[]> {
  const args = [
    '-v',
    'error',
    '-i',
    input,
    '-map',
    '0:v:0',
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  ];
  return (await outputOf('ffmpeg', args))
    .toString()
    .split('\n')
    .filter(line => /^\d/.test(line))
    .map(line => line.split(',').at(-1)!.trim());
}
