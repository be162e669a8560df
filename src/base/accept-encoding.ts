/** Headers whose reading is remembered: browsers send the same few. */
const KNOWN_MAX = 256;
const KNOWN_LENGTH_MAX = 128;
const known = new Map<string, ReadonlySet<string>>();

/**
 * The codings that an `Accept-Encoding` header takes (RFC 9110 section 12.5.3): those that it names and gives no weight of
 * zero. Read by cutting at commas and semicolons, so that its cost grows as its length does.
 */
export function acceptedEncodings(header: string | undefined): ReadonlySet<string> {
  if (header === undefined || header.length > KNOWN_LENGTH_MAX) return read(header ?? '');
  let names = known.get(header);
  if (!names) {
    names = read(header);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(header, names);
  }
  return names;
}

function read(header: string): Set<string> {
  const names = new Set<string>();
  for (const entry of header.split(',')) {
    const [name = '', ...parameters] = entry.split(';').map(text => text.trim().toLowerCase());
    if (name !== '' && !parameters.some(isZeroWeight)) names.add(name);
  }
  return names;
}

function isZeroWeight(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=').map(text => text.trim());
  return name === 'q' && !(Number(value.slice(0, 8)) > 0);
}
