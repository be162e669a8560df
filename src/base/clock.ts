/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** The only source of time in domain rooms, so that tests can drive it. */
export interface Clock {
  /** Wall time, milliseconds since the Unix epoch. May jump. */
  nowMs(): number;
  /** Monotonic time in milliseconds from an arbitrary origin, with a fraction. Never goes back. */
  monotonicMs(): number;
  after(delayMs: number, run: () => void): Timer;
  every(periodMs: number, run: () => void): Timer;
}

/** The machine's clock. Its timers do not keep the process alive by themselves. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    handle.unref?.();
    return { cancel: () => clearTimeout(handle) };
  },
  every(periodMs, run) {
    const handle = setInterval(run, periodMs);
    handle.unref?.();
    return { cancel: () => clearInterval(handle) };
  },
};
