import type { ServerFrame } from '#contract/socket/frames.ts';

/** FIN and opcode 1, text (RFC 6455 section 5.2). */
const TEXT_FRAME = 0x81;

/** One unmasked WebSocket frame with its header: the same bytes go to every socket of a topic. */
export function encodeFrame(frame: ServerFrame): Buffer {
  const payload = JSON.stringify(frame);
  const length = Buffer.byteLength(payload);
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(headerLength + length);
  bytes[0] = TEXT_FRAME;
  if (headerLength === 2) {
    bytes[1] = length;
  } else if (headerLength === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(payload, headerLength);
  return bytes;
}
