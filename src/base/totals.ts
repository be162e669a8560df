/** Sums counters over things that come and go, so that the sums never fall. */
export class Totals<Name extends string> {
  readonly #names: readonly Name[];
  readonly #gone: Record<Name, number>;

  constructor(names: readonly Name[]) {
    this.#names = names;
    this.#gone = zeros(names);
  }

  /** One that is not among the present any more; called once for each. */
  leave(counts: Readonly<Record<Name, number>>): void {
    this.#add(this.#gone, counts);
  }

  /** Those that left and those that are `present`. */
  sum(present: Iterable<Readonly<Record<Name, number>>>): Record<Name, number> {
    const sum = { ...this.#gone };
    for (const counts of present) this.#add(sum, counts);
    return sum;
  }

  #add(sum: Record<Name, number>, counts: Readonly<Record<Name, number>>): void {
    for (const name of this.#names) sum[name] += counts[name];
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>;
}
