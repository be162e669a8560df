/** Of a supplemental enhancement information message that nobody registered (H.264 section D.1.7): players pass it over. */
const NAL_SEI = 6;
const USER_DATA_UNREGISTERED = 5;
const NAME = Buffer.from('skylark-bench-at');
const DIGITS = 16;

/** A NAL unit that says when its picture was sent: milliseconds since the epoch with a fraction, in digits, so that nothing needs escaping. */
export function stampNal(sentMs: number): Uint8Array {
  const text = sentMs.toFixed(2).padStart(DIGITS, '0');
  return Buffer.concat([
    Uint8Array.of(NAL_SEI, USER_DATA_UNREGISTERED, NAME.length + DIGITS),
    NAME,
    Buffer.from(text),
    Uint8Array.of(0x80),
  ]);
}

/** The time of a packet that carries such a unit; null of any other. */
export function readStamp(packet: Buffer): number | null {
  const at = packet.indexOf(NAME);
  return at < 0 ? null : Number(packet.toString('latin1', at + NAME.length, at + NAME.length + DIGITS));
}

/** Milliseconds since the epoch with a fraction: the same clock in every process of a machine. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
