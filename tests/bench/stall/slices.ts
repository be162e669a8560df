/** How turns of the server's loop were spread, by their processor time in seconds; read from `/metrics`. */
export interface Slices {
  /** Upper bounds, and how many turns took at most that. */
  readonly upTo: readonly (readonly [seconds: number, turns: number])[];
  readonly gcSeconds: number;
  /** Turns over 50 ms, by work. */
  readonly holds: Readonly<Record<string, number>>;
}

/** Null where the server does not tell. */
export async function readSlices(url: string): Promise<Slices | null> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const buckets = [...text.matchAll(/^skylark_loop_slice_seconds_bucket\{le="([^"]+)"\} (\S+)/gm)];
  if (buckets.length === 0) return null;
  const holds = [...text.matchAll(/^skylark_loop_holds_total\{by="([^"]+)"\} (\S+)/gm)];
  return {
    upTo: buckets.map(([, bound, turns]) => [
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(turns),
    ]),
    gcSeconds: Number(/^skylark_loop_gc_seconds_total (\S+)/m.exec(text)?.[1] ?? 0),
    holds: Object.fromEntries(holds.map(([, by, count]) => [by!, Number(count)])),
  };
}

export interface SliceFigures {
  readonly p99Ms: number;
  /** The upper bound of the bucket that the longest turn fell into. */
  readonly maxMs: number;
  readonly over5Ms: number;
  readonly turns: number;
  readonly holds: Readonly<Record<string, number>>;
}

/** What happened between two readings. */
export function sliceFigures(before: Slices, after: Slices): SliceFigures {
  const upTo = after.upTo.map(([bound, turns], i) => [bound, turns - before.upTo[i]![1]] as const);
  const turns = upTo.at(-1)![1];
  const within = (count: number) => upTo.find(([, soFar]) => soFar >= count)![0] * 1000;
  const upTo5 = upTo.find(([bound]) => bound === 0.005)![1];
  const holds = Object.entries(after.holds).map(
    ([by, count]) => [by, count - (before.holds[by] ?? 0)] as const,
  );
  return {
    p99Ms: within(turns * 0.99),
    maxMs: within(turns),
    over5Ms: turns - upTo5,
    turns,
    holds: Object.fromEntries(holds.filter(([, count]) => count > 0)),
  };
}
