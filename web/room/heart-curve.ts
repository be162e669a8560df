/** Hearts of one second of media time. */
export type HeartSecond = readonly [second: number, hearts: number];

const POINTS_MAX = 120;

/** Heights between 0 and 1 over the whole length, smoothed over neighbours; empty when nobody sent a heart. */
export function heartHeights(seconds: readonly HeartSecond[], durationMs: number): readonly number[] {
  const length = Math.max(1, Math.ceil(durationMs / 1000));
  const points = Math.min(POINTS_MAX, length);
  const sums = new Array<number>(points).fill(0);
  for (const [second, hearts] of seconds) {
    const point = Math.min(points - 1, Math.floor((second / length) * points));
    sums[point]! += hearts;
  }
  const smooth = sums.map((sum, i) => ((sums[i - 1] ?? 0) + 2 * sum + (sums[i + 1] ?? 0)) / 4);
  const highest = Math.max(...smooth);
  return highest === 0 ? [] : smooth.map(value => value / highest);
}

/** A closed area, 100 wide and 1 high, with its foot at the bottom. */
export function heartArea(heights: readonly number[]): string {
  const step = 100 / Math.max(1, heights.length - 1);
  const line = heights.map((height, i) => `L${(i * step).toFixed(2)} ${(1 - height).toFixed(3)}`);
  return `M0 1${line.join('')}L100 1Z`;
}

/** Hearts between two moments of a replay that plays on; none after a jump. */
export function heartsBetween(seconds: readonly HeartSecond[], fromMs: number, toMs: number): number {
  if (toMs <= fromMs || toMs - fromMs > 2_000) return 0;
  let hearts = 0;
  for (const [second, count] of seconds) {
    const atMs = second * 1000;
    if (atMs > fromMs && atMs <= toMs) hearts += count;
  }
  return hearts;
}
