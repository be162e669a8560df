import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Load } from '#servers/whep/index.ts';

const RESOLUTION_MS = 20;

/**
 * Measures this process by the processor time that its threads took, not by how long they were at it: while others use the
 * machine the event loop seems busy and is not. `read` tells of the time since the last `read`.
 */
export function createLoadMeter(): { read(): Load; close(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let loop = process.threadCpuUsage();
  let all = process.cpuUsage();
  let sinceMs = performance.now();
  return {
    read() {
      const elapsedMs = Math.max(performance.now() - sinceMs, 1);
      const share = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000 / elapsedMs;
      const busy = Math.max(
        share(process.threadCpuUsage(loop)),
        share(process.cpuUsage(all)) / availableParallelism(),
      );
      // The histogram holds the time between two turns of its own timer.
      const delayMs = Math.max(0, delay.percentile(50) / 1e6 - RESOLUTION_MS);
      loop = process.threadCpuUsage();
      all = process.cpuUsage();
      sinceMs = performance.now();
      delay.reset();
      return { busy: Math.min(1, busy), delayMs };
    },
    close: () => void delay.disable(),
  };
}
