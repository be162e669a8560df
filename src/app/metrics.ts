import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Values of one name, by the value of its label. */
export type ByLabel = Readonly<Record<string, number>>;

/** What `/metrics` shows. Everything but histograms is read when it is scraped, so that counting costs rooms nothing. */
export interface Metrics {
  readonly registry: Registry;
  /** What goes up and down. */
  gauge(name: string, help: string, read: () => number): void;
  /** The same, by the values of one label. */
  gauges(name: string, help: string, label: string, read: () => ByLabel): void;
  /** What only grows; the name ends with `_total`. */
  total(name: string, help: string, read: () => number): void;
  /** The same, by the values of one label. */
  totals(name: string, help: string, label: string, read: () => ByLabel): void;
  /** Gives what takes an observation with the value of its label. */
  histogram(
    name: string,
    help: string,
    label: string,
    buckets: readonly number[],
  ): (of: string, value: number) => void;
  /** A histogram that the room counts itself. */
  distribution(name: string, help: string, read: Distribution): void;
}

/** Values counted by the least bound that they do not exceed; one count more for those above all. */
export interface Distribution {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** The process's own figures (memory, event-loop delay, file handles) and those that rooms add. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    gauges(name, help, label, read) {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
        },
      });
    },
    total(name, help, read) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
    totals(name, help, label, read) {
      new Counter({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
        },
      });
    },
    histogram(name, help, label, buckets) {
      const histogram = new Histogram({ name, help, labelNames: [label], buckets: [...buckets], registers });
      return (of, value) => histogram.observe({ [label]: of }, value);
    },
    distribution(name, help, read) {
      const histogram = new Histogram({ name, help, buckets: [...read.bounds], registers });
      // Of all that it has, the registry asks for this alone.
      Object.assign(histogram, {
        getForPromString: async () => ({ name, help, type: 'histogram', values: valuesOf(name, read) }),
      });
    },
  };
}

/** As prom-client has them: a bucket counts all values up to its bound. */
function valuesOf(name: string, { bounds, counts, sum }: Distribution) {
  let count = 0;
  const buckets = counts.map((own, i) => {
    count += own;
    return { metricName: `${name}_bucket`, labels: { le: bounds[i] ?? '+Inf' }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
}
