/** One part of a box's payload: bytes, or the payloads of several boxes. */
type Payload = Uint8Array | readonly number[];

/** A box (ISO 14496-12 section 4.2): 32-bit size, four-character type, payload. */
export function box(type: string, ...payload: Payload[]): Uint8Array {
  let length = 8;
  for (const piece of payload) length += piece.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length);
  setType(bytes, 4, type);
  let at = 8;
  for (const piece of payload) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A box with a version and 24 bits of flags. */
export function fullBox(type: string, version: number, flags: number, ...payload: Payload[]): Uint8Array {
  return box(type, u32((version << 24) | flags), ...payload);
}

/** Big-endian 32-bit numbers. */
export function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value);
  });
  return bytes;
}

/** Big-endian 16-bit numbers. */
export function u16(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint16(i * 2, value);
  });
  return bytes;
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** Text in ASCII, without a terminator. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}

/** Writes a four-character code. */
export function setType(bytes: Uint8Array, at: number, type: string): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = type.charCodeAt(i);
}
