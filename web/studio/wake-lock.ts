/** Keeps the screen on until the returned function is called, where the browser can. */
export function keepAwake(): () => void {
  let released = false;
  let lock: WakeLockSentinel | null = null;
  const ask = async () => {
    if (released || document.visibilityState !== 'visible') return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (released) await lock.release();
    } catch {
      // Refused with a low battery, or unknown to the browser: the screen behaves as always.
    }
  };
  // The browser takes the lock away whenever the page is hidden.
  const shown = () => void ask();
  document.addEventListener('visibilitychange', shown);
  void ask();
  return () => {
    released = true;
    document.removeEventListener('visibilitychange', shown);
    void lock?.release();
  };
}
