import { PLACES_PER_RULE_MAX } from './limits.ts';

/** `must` breaks players or the specification, `should` is advice that the stream does not follow. */
export type Level = 'must' | 'should';

/** One rule about one kind of subject. `name` is stable: people filter by it. */
export interface Rule<Subject> {
  readonly name: string;
  /** Where it is written: `bis` is draft-pantos-hls-rfc8216bis, `Apple` the HLS Authoring Specification. */
  readonly clause: string;
  readonly level: Level;
  /** A sentence for each violation. */
  check(subject: Subject): Iterable<string>;
}

export interface Finding {
  readonly rule: string;
  readonly clause: string;
  readonly level: Level;
  /** How often it was seen, everywhere. */
  count: number;
  /** The first places where it was seen. */
  readonly places: { readonly where: string; readonly detail: string }[];
}

/** What was found so far, one entry a rule. */
export class Findings {
  readonly #byRule = new Map<string, Finding>();

  check<Subject>(rules: readonly Rule<Subject>[], subject: Subject, where: string): void {
    for (const rule of rules) for (const detail of rule.check(subject)) this.#add(rule, where, detail);
  }

  get list(): readonly Finding[] {
    return [...this.#byRule.values()];
  }

  #add(
    rule: Omit<Finding, 'rule' | 'count' | 'places'> & { name: string },
    where: string,
    detail: string,
  ): void {
    const { name, clause, level } = rule;
    const finding = this.#byRule.get(name) ?? { rule: name, clause, level, count: 0, places: [] };
    this.#byRule.set(name, finding);
    finding.count++;
    const known = finding.places.some(place => place.where === where && place.detail === detail);
    if (!known && finding.places.length < PLACES_PER_RULE_MAX) finding.places.push({ where, detail });
  }
}
