import { acceptedEncodings } from '#base/accept-encoding.ts';
import type { Encoding, WebFile } from './files.ts';

const preferred: readonly Encoding[] = ['br', 'gzip'];

/** The best coding that the caller takes and the file has; undefined for the bytes as they are. RFC 9110 section 12.5.3. */
export function chooseEncoding(accepted: string | undefined, file: WebFile): Encoding | undefined {
  const names = acceptedEncodings(accepted);
  return preferred.find(encoding => names.has(encoding) && file.compressed[encoding]);
}

/** Whether the caller holds this very representation. RFC 9110 section 13.1.2: compared weakly. */
export function isHeld(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch
    .split(',')
    .map(entry => entry.trim().replace(/^W\//, ''))
    .some(entry => entry === '*' || entry === tag);
}
