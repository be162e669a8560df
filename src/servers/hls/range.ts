/** An inclusive range within a body. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range of a `Range` header (RFC 9110 section 14.2), clamped to `length`. Null when there is none, or when it is
 * malformed, multiple or beyond the end: then the whole body is sent, as a server may.
 */
export function parseRange(header: string | undefined, length: number): Range | null {
  const match = header === undefined ? null : /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header);
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [, first, last] = match;
  const start = first === '' ? Math.max(length - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  return start <= end ? { start, end } : null;
}

/** Views of the bytes in a range of chunks in a row. */
export function slice(chunks: readonly Uint8Array[], range: Range): Uint8Array[] {
  const views: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(range.start - at, 0);
    const to = Math.min(range.end + 1 - at, chunk.length);
    if (from < to) views.push(chunk.subarray(from, to));
    at += chunk.length;
  }
  return views;
}
