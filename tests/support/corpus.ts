import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../fuzz/corpus/', import.meta.url);

/** The lines of a corpus file of hex; `#` begins a comment. */
export function corpusHex(path: string): Uint8Array[] {
  return readFileSync(new URL(path, folder), 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => Uint8Array.from(Buffer.from(line.replaceAll(' ', ''), 'hex')));
}

/** Every file of a corpus folder as text, with the line ends of the wire. */
export function corpusTexts(name: string): string[] {
  const within = new URL(`${name}/`, folder);
  return readdirSync(within).map(file =>
    readFileSync(new URL(file, within), 'utf8').replaceAll('\n', '\r\n'),
  );
}

/** A packet, and when it came, milliseconds. */
export interface CapturedPacket {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A conversation as it was captured: each line the time in milliseconds and the packet in hex. */
export function corpusSession(path: string): CapturedPacket[] {
  return readFileSync(new URL(path, folder), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [atMs, hex] = line.split(' ');
      return { atMs: Number(atMs), bytes: Uint8Array.from(Buffer.from(hex!, 'hex')) };
    });
}
