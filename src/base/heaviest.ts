/** Keys by weight, of which the heaviest is known at once. Weights are whole numbers that change by little. */
export class Heaviest<K> {
  readonly #weights = new Map<K, number>();
  readonly #keys = new Map<number, Set<K>>();
  #most = 0;

  /** The weight of `key`, 0 when it has none. */
  of(key: K): number {
    return this.#weights.get(key) ?? 0;
  }

  get most(): number {
    return this.#most;
  }

  /** Of several that are equally heavy, the one that has been so for longest. */
  get key(): K | undefined {
    return this.#keys.get(this.#most)?.values().next().value;
  }

  /** 0 forgets it. */
  set(key: K, weight: number): void {
    const before = this.of(key);
    if (weight === before) return;
    const beside = this.#keys.get(before);
    beside?.delete(key);
    if (beside?.size === 0) this.#keys.delete(before);
    if (weight > 0) this.#add(key, weight);
    else this.#weights.delete(key);
    if (weight > this.#most) this.#most = weight;
    while (this.#most > 0 && !this.#keys.has(this.#most)) this.#most--;
  }

  #add(key: K, weight: number): void {
    this.#weights.set(key, weight);
    const keys = this.#keys.get(weight);
    if (keys) keys.add(key);
    else this.#keys.set(weight, new Set([key]));
  }
}
