/** How often the transport is looked at. */
export const LOOK_EVERY_MS = 150;
/** The server reports every 50 ms: when nothing came for this long, the way to it is gone. */
export const SILENCE_MS = 600;
/** On a network that has just changed there is less to wait for. */
export const SILENCE_AFTER_CHANGE_MS = 250;
/** A page that was frozen, or a device that slept, has missed looks: what was silent meanwhile is not known. */
const LATE_LOOK_MS = 3 * LOOK_EVERY_MS;

/** Tells from a row of looks at what came in whether the way to the server is lost, seconds before ICE says so. */
export class UplinkLoss {
  #bytes = -1;
  #heardMs = 0;
  #lookedMs: number | null = null;
  #patienceMs = SILENCE_MS;

  /** `bytes`: received so far. True when it is lost. */
  look(bytes: number, nowMs: number): boolean {
    const late = this.#lookedMs === null || nowMs - this.#lookedMs > LATE_LOOK_MS;
    this.#lookedMs = nowMs;
    if (bytes !== this.#bytes || late) {
      if (bytes !== this.#bytes) this.#patienceMs = SILENCE_MS;
      this.#bytes = bytes;
      this.#heardMs = nowMs;
    }
    return nowMs - this.#heardMs >= this.#patienceMs;
  }

  networkChanged(): void {
    this.#patienceMs = SILENCE_AFTER_CHANGE_MS;
  }
}

/** What the transport received so far, of a report on one sender; null before there is one. */
export function receivedBytes(report: RTCStatsReport): number | null {
  for (const stats of report.values())
    if (stats.type === 'candidate-pair' && stats.nominated === true) return stats.bytesReceived ?? null;
  return null;
}

/** Calls back whenever the device has come to another network, or to one again; returns how to stop. */
export function onNetworkChange(changed: () => void): () => void {
  const { connection } = navigator as Navigator & { readonly connection?: EventTarget & { type?: string } };
  let type = connection?.type;
  // It also tells of every new estimate of its speed.
  const look = () => {
    if (connection?.type !== type) changed();
    type = connection?.type;
  };
  globalThis.addEventListener('online', changed);
  connection?.addEventListener('change', look);
  return () => {
    globalThis.removeEventListener('online', changed);
    connection?.removeEventListener('change', look);
  };
}
