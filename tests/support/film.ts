import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BufferSource, EncodedPacketSink, Input, MP4 } from 'mediabunny';

/** Drawn pictures of 320x180, 24 a second for twelve seconds: a key frame every two, three B-frames between others, one of them referred to. */
export const B_FRAMES_FILE = path.join(import.meta.dirname, '../fixtures/b-frames.mp4');

/** One picture of a film, in the order of decoding. */
export interface FilmPicture {
  /** When it is shown, ticks of 90 kHz since the first. */
  readonly pts: number;
  readonly key: boolean;
  /** Parameter sets stand before key frames. */
  readonly nals: readonly Uint8Array[];
}

/** The pictures of an MP4's H.264 track. */
export async function readFilm(file: string): Promise<FilmPicture[]> {
  const input = new Input({ formats: [MP4], source: new BufferSource(await readFile(file)) });
  const track = (await input.getPrimaryVideoTrack())!;
  const config = await track.getDecoderConfig();
  const sets = setsOf(new Uint8Array(config!.description as Uint8Array));
  const pictures: FilmPicture[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const nals = nalsOf(packet.data);
    const key = packet.type === 'key';
    const pts = Math.round(packet.timestamp * 90_000);
    pictures.push({ pts, key, nals: key ? [...sets, ...nals] : nals });
  }
  const first = pictures[0]!.pts;
  return pictures.map(picture => ({ ...picture, pts: picture.pts - first }));
}

/** AVCDecoderConfigurationRecord (ISO 14496-15 section 5.3.3.1). */
function setsOf(record: Uint8Array): Uint8Array[] {
  const sets: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = record[at++]! & mask;
    for (let i = 0; i < count; i++) {
      const end = at + 2 + ((record[at]! << 8) | record[at + 1]!);
      sets.push(record.subarray(at + 2, end));
      at = end;
    }
  }
  return sets;
}

/** NAL units behind their lengths in 4 bytes. */
function nalsOf(sample: Uint8Array): Uint8Array[] {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const nals: Uint8Array[] = [];
  for (let at = 0; at + 4 <= sample.length; ) {
    const end = at + 4 + view.getUint32(at);
    nals.push(sample.subarray(at + 4, end));
    at = end;
  }
  return nals;
}
