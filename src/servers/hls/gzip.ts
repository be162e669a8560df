import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { HlsBody } from '#live/index.ts';

/** RFC 1952 section 2.3: deflate, no flags, no time, unknown system. */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** An empty final block, which ends the deflate stream (RFC 1951 section 3.2.6). */
const FINAL_BLOCK = Uint8Array.of(3, 0);

const compressedBodies = new WeakMap<HlsBody, Uint8Array>();
const deflatedChunks = new WeakMap<Uint8Array, Uint8Array>();

/**
 * A playlist in gzip. Everybody who waits for a playlist gets the same body, so it is compressed once; and most chunks of one
 * that is hours long were in the body before, so only what is new is compressed. One gzip member: browsers stop reading
 * after the first.
 */
export function gzipped(body: HlsBody): Uint8Array {
  let bytes = compressedBodies.get(body);
  if (!bytes) {
    bytes = Buffer.concat([HEAD, ...body.chunks.map(deflated), FINAL_BLOCK, trailer(body)]);
    compressedBodies.set(body, bytes);
  }
  return bytes;
}

/** Blocks that refer to nothing outside the chunk and end on a byte, so that they can stand in a row. */
function deflated(chunk: Uint8Array): Uint8Array {
  let bytes = deflatedChunks.get(chunk);
  if (!bytes) {
    bytes = deflateRawSync(chunk, { finishFlush: constants.Z_SYNC_FLUSH });
    deflatedChunks.set(chunk, bytes);
  }
  return bytes;
}

/** CRC-32 and length of what was compressed (RFC 1952 section 2.3.1). */
function trailer(body: HlsBody): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(
    0,
    body.chunks.reduce((crc, chunk) => crc32(chunk, crc), 0),
    true,
  );
  view.setUint32(4, body.length, true);
  return bytes;
}
