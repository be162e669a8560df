import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Load } from '#servers/whep/index.ts';

const RESOLUTION_MS = 20;

/** Measures this process: its event loop, and the processor time of all its threads. `read` tells of the time since the last `read`. */
export function createLoadMeter(): { read(): Load; close(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let loop = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let sinceMs = performance.now();
  return {
    read() {
      const { utilization } = performance.eventLoopUtilization(loop);
      const { user, system } = process.cpuUsage(cpu);
      const elapsedMs = Math.max(performance.now() - sinceMs, 1);
      // The histogram holds the time between two turns of its own timer.
      const delayMs = Math.max(0, delay.percentile(50) / 1e6 - RESOLUTION_MS);
      loop = performance.eventLoopUtilization();
      cpu = process.cpuUsage();
      sinceMs = performance.now();
      delay.reset();
      const cores = (user + system) / 1000 / elapsedMs / availableParallelism();
      return { busy: Math.min(1, Math.max(utilization, cores)), delayMs };
    },
    close: () => void delay.disable(),
  };
}
