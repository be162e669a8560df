import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Names of counters that rooms count under, so that `/metrics` and the tests speak of the same things. */
export interface Metrics {
  readonly registry: Registry;
  /** Reads a gauge whenever `/metrics` is scraped. */
  gauge(name: string, help: string, read: () => number): void;
  counter(name: string, help: string, labels?: readonly string[]): Counter<string>;
}

/** The process's own figures (memory, event-loop delay, file handles) and those that rooms add. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read());
        },
      });
    },
    counter: (name, help, labels = []) =>
      new Counter({ name, help, labelNames: [...labels], registers: [registry] }),
  };
}
