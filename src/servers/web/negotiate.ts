import type { Encoding, WebFile } from './files.ts';

const preferred: readonly Encoding[] = ['br', 'gzip'];

/** The best coding that the caller takes and the file has; undefined for the bytes as they are. RFC 9110 section 12.5.3. */
export function chooseEncoding(accepted: string | undefined, file: WebFile): Encoding | undefined {
  if (accepted === undefined) return undefined;
  const refused = /;\s*q=0(?:\.0*)?\s*$/;
  const names = accepted
    .toLowerCase()
    .split(',')
    .filter(entry => !refused.test(entry))
    .map(entry => entry.split(';', 1)[0]!.trim());
  return preferred.find(encoding => names.includes(encoding) && file.compressed[encoding]);
}

/** Whether the caller holds this very representation. RFC 9110 section 13.1.2: compared weakly. */
export function isHeld(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch
    .split(',')
    .map(entry => entry.trim().replace(/^W\//, ''))
    .some(entry => entry === '*' || entry === tag);
}
