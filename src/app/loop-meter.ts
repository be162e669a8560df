import { type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';
import type { Logger } from '#base/log.ts';
import type { Distribution, Metrics } from './metrics.ts';

/** Who holds the loop for longer, in processor time, is named: what others on the machine take is nobody's fault here. */
export const HELD_MS = 50;
/** Between two lines in the log about the same work. */
const TELL_AGAIN_MS = 60_000;
/** Turns below this are counted at once; garbage collection is subtracted from the others when it is known. */
const LONG_MS = 1;
/** Long turns that wait for that. */
const LONG_TURNS_MAX = 2000;
/** Garbage collection is told within a turn or two of it. */
const SETTLE_MS = 500;
const BUCKETS_MS = [0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 5000];

interface Turn {
  readonly fromMs: number;
  readonly toMs: number;
  /** Processor time of the loop's thread. */
  readonly spentMs: number;
}

/** The piece of work that took longest in a turn. */
interface Hold {
  readonly by: string;
  readonly ms: number;
}

/** Counts values up to each bound, as Prometheus wants them. */
class Buckets implements Distribution {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(boundsMs: readonly number[]) {
    this.bounds = boundsMs.map(ms => ms / 1000);
    this.counts = new Array<number>(boundsMs.length + 1).fill(0);
  }

  add(ms: number): void {
    const seconds = ms / 1000;
    let bucket = 0;
    while (bucket < this.bounds.length && seconds > this.bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += seconds;
  }
}

/**
 * Measures each turn of the event loop: the processor time that it took, garbage collection apart, and which piece of work
 * took longest. Doors say by `enter` what begins. A turn costs about two microseconds, a mark a fifth of one.
 */
export class LoopMeter {
  readonly slices = new Buckets(BUCKETS_MS);
  /** Seconds of garbage collection in the loop's thread. */
  gcSeconds = 0;
  /** Turns that were held, by the work that took longest. */
  readonly holds: Record<string, number> = {};
  readonly #log: Logger;
  readonly #observer: PerformanceObserver;
  readonly #settling: NodeJS.Timeout;
  readonly #toldMs = new Map<string, number>();
  readonly #turned = () => this.#turn();
  #long: Turn[] = [];
  #immediate: NodeJS.Immediate;
  #spentMs = threadMs();
  #turnedMs = performance.now();
  #work: string | null = null;
  #workSinceMs = 0;
  #longest: Hold = nothing;

  constructor(log: Logger) {
    this.#log = log;
    this.#observer = new PerformanceObserver(list => this.#collected(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#settling = setInterval(() => this.#settle(performance.now() - SETTLE_MS), SETTLE_MS).unref();
    this.#immediate = this.#nextTurn();
  }

  /** What the loop works on from here to the next mark, or to the end of the turn. */
  readonly enter = (work: string): void => {
    this.#mark();
    this.#work = work;
  };

  /** What was entered last in this turn. */
  get work(): string | null {
    return this.#work;
  }

  close(): void {
    clearImmediate(this.#immediate);
    clearInterval(this.#settling);
    this.#observer.disconnect();
  }

  /** One that is not waited for runs in every turn, after the packets and timers of it, and keeps the loop neither busy nor alive. */
  #nextTurn(): NodeJS.Immediate {
    return setImmediate(this.#turned).unref();
  }

  #mark(): void {
    const nowMs = activeMs();
    const ms = nowMs - this.#workSinceMs;
    if (this.#work !== null && ms > this.#longest.ms) this.#longest = { by: this.#work, ms };
    this.#workSinceMs = nowMs;
  }

  #turn(): void {
    this.#mark();
    const nowMs = performance.now();
    const spentMs = threadMs();
    const turn = { fromMs: this.#turnedMs, toMs: nowMs, spentMs: spentMs - this.#spentMs };
    if (turn.spentMs < LONG_MS || this.#long.length >= LONG_TURNS_MAX) this.slices.add(turn.spentMs);
    else this.#long.push(turn);
    if (turn.spentMs > HELD_MS) this.#held(turn, this.#longest);
    this.#spentMs = spentMs;
    this.#turnedMs = nowMs;
    this.#work = null;
    this.#longest = nothing;
    this.#immediate = this.#nextTurn();
  }

  #held({ spentMs }: Turn, longest: Hold): void {
    const by = longest.ms * 2 > spentMs ? longest.by : 'other';
    this.holds[by] = (this.holds[by] ?? 0) + 1;
    const nowMs = performance.now();
    if (nowMs - (this.#toldMs.get(by) ?? Number.NEGATIVE_INFINITY) < TELL_AGAIN_MS) return;
    this.#toldMs.set(by, nowMs);
    const fields = { by, heldMs: round(Math.max(longest.ms, spentMs)), processorMs: round(spentMs) };
    this.#log.warn(
      { ...fields, turnsSoFar: this.holds[by], longest: { by: longest.by, ms: round(longest.ms) } },
      'the event loop was held',
    );
  }

  #collected(entries: readonly PerformanceEntry[]): void {
    for (const { startTime, duration } of entries) {
      this.gcSeconds += duration / 1000;
      this.#long = this.#long.map(turn => {
        const isIn = startTime >= turn.fromMs && startTime < turn.toMs;
        return isIn ? { ...turn, spentMs: Math.max(0, turn.spentMs - duration) } : turn;
      });
    }
  }

  /** Turns that ended before `untilMs` are as they stay. */
  #settle(untilMs: number): void {
    for (const turn of this.#long) if (turn.toMs <= untilMs) this.slices.add(turn.spentMs);
    this.#long = this.#long.filter(turn => turn.toMs > untilMs);
  }
}

const nothing: Hold = { by: 'other', ms: 0 };
const round = (ms: number): number => Math.round(ms * 10) / 10;

/** The time that the loop did not wait for something to happen: work that was entered before a wait is not charged for it. */
function activeMs(): number {
  return performance.now() - performance.nodeTiming.idleTime;
}

/** Processor time of this thread, in milliseconds. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export function measureLoop(metrics: Metrics, meter: LoopMeter): void {
  metrics.distribution(
    'skylark_loop_slice_seconds',
    "Processor time of the event loop's thread in one turn, without garbage collection",
    meter.slices,
  );
  metrics.total('skylark_loop_gc_seconds_total', 'Garbage collection of that thread', () => meter.gcSeconds);
  metrics.totals(
    'skylark_loop_holds_total',
    `Turns over ${HELD_MS} ms, by the longest work in them`,
    'by',
    () => ({
      ...meter.holds,
    }),
  );
}
