/** The parameters of a path that fits a pattern such as `/p/:postId` or `/@:handle`; null when it does not fit. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const source = pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)');
  const found = new RegExp(`^${source}/?$`).exec(path);
  if (!found) return null;
  try {
    return Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    // A malformed escape: no page has such an address.
    return null;
  }
}
