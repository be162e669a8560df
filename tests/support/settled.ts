/** Resolves when `check` holds; rejects with `what` when it does not within `timeoutMs`. */
export async function settled(check: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const poll = setInterval(() => check() && resolve(), 20);
  const deadline = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms: ${what}`)), timeoutMs);
  await promise.finally(() => {
    clearInterval(poll);
    clearTimeout(deadline);
  });
}
