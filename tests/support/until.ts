/** Asks every 100 ms until the answer is yes; for states that a server reaches by itself and tells nobody of. */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  withinMs = 15_000,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => reject(new Error(`not within ${withinMs} ms: ${what}`)), withinMs);
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      if (await check()) resolve();
    } catch (error) {
      reject(error);
    } finally {
      asking = false;
    }
  };
  const poll = setInterval(() => void ask(), 100);
  void ask();
  try {
    await promise;
  } finally {
    clearTimeout(deadline);
    clearInterval(poll);
  }
}
