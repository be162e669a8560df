import { parseArgs } from 'node:util';
import { PowerLosses } from '#tests/support/power-loss/losses.ts';
import { powerLossShim } from '#tests/support/power-loss/shim.ts';

/** `CUTS` and `WRITES` in the environment make a shorter run; `--synchronous normal` one that loses what was acknowledged. */
const CUTS_DEFAULT = 225;
const WRITES_DEFAULT = 10_800;
const CUTS_PER_LIFE = 25;

/** What losses of power take from a community that writes and a broadcast that is live. Needs a C compiler and Linux. */
export async function measure(): Promise<object> {
  const shim = powerLossShim();
  if (!shim) throw new Error('this bench needs `cc` and Linux');
  const { values } = parseArgs({
    options: { synchronous: { type: 'string' }, json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const losses = new PowerLosses({
    shim,
    cuts: Number(process.env.CUTS ?? CUTS_DEFAULT),
    writes: Number(process.env.WRITES ?? WRITES_DEFAULT),
    cutsPerLife: CUTS_PER_LIFE,
    synchronous: values.synchronous,
    seed: 31,
    tell: console.error,
  });
  return { synchronous: values.synchronous ?? 'full', ...(await losses.measure()) };
}
