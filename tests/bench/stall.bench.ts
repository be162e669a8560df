import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median, percentile } from '#tests/support/glass-clock.ts';
import { type Gaps, watchPage } from './stall/page-gaps.ts';
import { type Phase, phases, type Running, type Sizes } from './stall/phases.ts';
import { openRig, type Rig } from './stall/rig.ts';
import { readSlices, type SliceFigures, sliceFigures } from './stall/slices.ts';

const SETTLE_MS = 3_000;

interface Round {
  /** Of the raw receiver, which counts. */
  readonly worstGapMs: number;
  readonly p95Ms: number;
  /** As Chromium showed it. */
  readonly chromium: { readonly worstGapMs: number; readonly p95Ms: number };
  readonly slices: SliceFigures | null;
  readonly anonymousMb: number;
  readonly load: Record<string, unknown>;
}

/**
 * Whether anything social stops a picture: the longest time that a viewer's picture stood still beyond what its sender was late
 * with, while one thing after another happens. Flags: --seconds of a phase, --rounds, --phases a,b, --accounts, --posts, --sockets.
 */
export async function measure(): Promise<Record<string, unknown>> {
  const { sizes, seed, rounds, wanted } = readFlags();
  const rig = await openRig(seed);
  const figures = new Map<Phase, Round[]>(wanted.map(phase => [phase, []]));
  try {
    for (let round = 0; round < rounds; round++)
      for (const phase of wanted) {
        const one = await measurePhase(rig, phase, sizes);
        figures.get(phase)!.push(one);
        console.error(`stall: round ${round + 1}, ${phase}: ${JSON.stringify(one)}`);
      }
  } finally {
    await rig.close();
  }
  return summary(figures);
}

function readFlags() {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    strict: false,
    options: Object.fromEntries(
      ['seconds', 'rounds', 'phases', 'accounts', 'posts', 'sockets'].map(name => [
        name,
        { type: 'string' as const },
      ]),
    ),
  });
  const number = (name: string, otherwise: number) => Number(values[name] ?? otherwise);
  const wanted = String(values.phases ?? Object.keys(phases).join(',')).split(',') as Phase[];
  for (const phase of wanted)
    if (!(phase in phases)) throw new Error(`"${phase}" is not one of: ${Object.keys(phases).join(', ')}`);
  const sizes: Sizes = { seconds: number('seconds', 60), sockets: number('sockets', 5_000) };
  const seed = { accounts: number('accounts', 100_000), posts: number('posts', 1_000_000) };
  return { sizes, seed, rounds: number('rounds', 3), wanted };
}

async function measurePhase(rig: Rig, phase: Phase, sizes: Sizes): Promise<Round> {
  const page = await rig.watch();
  await sleep(SETTLE_MS);
  const before = await readSlices(rig.server.url);
  const endPage = await watchPage(page);
  rig.raw.tell('begin');
  // Whoever joins for the load does so while it is watched.
  const running: Running = await phases[phase](rig, sizes);
  await sleep(sizes.seconds * 1000);
  const raw = JSON.parse(await rig.raw.ask('end')) as Gaps;
  const chromium = await endPage();
  const anonymousMb = await rig.anonymousMb();
  const after = await readSlices(rig.server.url);
  const load = await running.end();
  await sleep(SETTLE_MS);
  return {
    ...figuresOf(raw),
    chromium: figuresOf(chromium),
    slices: before && after && sliceFigures(before, after),
    anonymousMb: Math.round(anonymousMb),
    load,
  };
}

function figuresOf({ worstGapMs, delaysMs }: Gaps) {
  const sorted = [...delaysMs].sort((a, b) => a - b);
  return { worstGapMs: Math.round(worstGapMs), p95Ms: Math.round(percentile(sorted, 0.95) * 100) / 100 };
}

function summary(figures: ReadonlyMap<Phase, readonly Round[]>): Record<string, unknown> {
  const of = (phase: Phase, read: (round: Round) => number) => median(figures.get(phase)!.map(read));
  const entries = [...figures].map(([phase, rounds]) => [
    phase,
    {
      worstGapMs: of(phase, round => round.worstGapMs),
      chromiumWorstGapMs: of(phase, round => round.chromium.worstGapMs),
      whepP95Ms: of(phase, round => round.p95Ms),
      sliceP99Ms: of(phase, round => round.slices?.p99Ms ?? Number.NaN),
      sliceMaxMs: of(phase, round => round.slices?.maxMs ?? Number.NaN),
      ...ratioOf(phase, figures),
      ...(phase === 'signIns' ? answersOf(rounds) : {}),
    },
  ]);
  const rounds = [...figures].flatMap(([phase, rounds]) => rounds.map(round => ({ phase, ...round })));
  const longest = rounds.toSorted((a, b) => (b.slices?.maxMs ?? 0) - (a.slices?.maxMs ?? 0))[0]!;
  const p99s = [...figures.keys()].map(phase => of(phase, round => round.slices?.p99Ms ?? Number.NaN));
  return {
    ...Object.fromEntries(entries),
    sliceP99Ms: Math.max(...p99s),
    sliceMaxMs: longest.slices?.maxMs ?? Number.NaN,
    longestSlicesIn: longest.phase,
    anonymousMb: Math.max(...rounds.map(round => round.anonymousMb)),
  };
}

/** Of the delay of pictures, against that of the quiet phase. */
function ratioOf(phase: Phase, figures: ReadonlyMap<Phase, readonly Round[]>): Record<string, number> {
  const quiet = figures.get('quiet');
  if (phase !== 'homeReads' || !quiet) return {};
  const p95 = (rounds: readonly Round[]) => median(rounds.map(round => round.p95Ms));
  const shown = (rounds: readonly Round[]) => median(rounds.map(round => round.chromium.p95Ms));
  const ratio = (read: typeof p95) => Math.round((read(figures.get(phase)!) / read(quiet)) * 100) / 100;
  return { whepP95Ratio: ratio(p95), chromiumP95Ratio: ratio(shown) };
}

function answersOf(rounds: readonly Round[]): Record<string, number> {
  const sum = (name: string) => rounds.reduce((sum, { load }) => sum + Number(load[name]), 0);
  return { answered: sum('answered'), refused: sum('refused') };
}
