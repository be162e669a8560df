import type { Clock } from '#base/clock.ts';
import { Refusal } from '#contract/errors.ts';

/** Who wants to publish, as far as its request tells. */
export interface Claim {
  /** What two requests of one client share: address and program. */
  readonly client: string;
  /** Names the session that asks; no two are the same. */
  readonly session: string;
  /** The session that it goes on from, of those it names; `*` takes over from whoever it is; null does not say. */
  readonly after: readonly string[] | '*' | null;
}

/** How often clients that look the same take a broadcast from each other before one of them must wait. */
export const TURNS_FREE = 3;
/** How long one that was taken over, and does not know, is kept out at first; each try doubles it. */
export const HOLD_MS = 10_000;
const DOUBLINGS_MAX = 7;
/** Clients that are remembered for one broadcast. */
export const LOSERS_MAX = 16;

interface Loss {
  turns: number;
  untilMs: number;
}

/**
 * Who may take a broadcast over. Whoever has the token may, at once; but two that both come back by themselves must not take
 * it from each other for ever. Who names its own session is told when another one came after it. Who names none may be
 * an encoder that only knows that it lost its connection: after it was taken over it is kept out for a while.
 */
export class Claims {
  readonly #clock: Clock;
  readonly #losses = new Map<string, Loss>();
  #holder: Claim | null = null;
  /** The session that takes it from whoever has it, until one sits down: if it is lost before, what goes on from it does so. */
  #taking: string | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `isHeard`: another publisher sends now. Refuses with `taken-over` and `already-publishing`. */
  check({ client, session, after }: Claim, isHeard: boolean): void {
    const takes = after === '*' || (this.#taking !== null && after?.includes(this.#taking));
    if (takes) {
      this.#losses.delete(client);
      this.#taking = session;
      return;
    }
    if (after !== null) {
      if (this.#holder === null || after.includes(this.#holder.session)) return;
      throw new Refusal('taken-over');
    }
    const loss = this.#losses.get(client);
    if (!isHeard || !loss || loss.turns < TURNS_FREE || this.#clock.monotonicMs() >= loss.untilMs) return;
    const waitMs = this.#lost(client, 1);
    throw new Refusal('already-publishing', 'Another publisher took over from this one.', waitMs / 1000);
  }

  /** The claim came true. `wasHeard`: the one before it was sending until now. */
  seated(claim: Claim, wasHeard: boolean): void {
    const before = this.#holder;
    this.#holder = claim;
    this.#taking = null;
    if (!before) return;
    if (before.client !== claim.client) this.#lost(before.client, TURNS_FREE);
    else if (wasHeard) this.#lost(before.client, 1);
  }

  /** Counts what a client lost and gives how long it shall stay away, milliseconds. */
  #lost(client: string, turns: number): number {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#losses.get(client);
    const loss = known && nowMs < known.untilMs ? known : { turns: 0, untilMs: 0 };
    loss.turns += turns;
    const doublings = Math.min(Math.max(0, loss.turns - TURNS_FREE), DOUBLINGS_MAX);
    const holdMs = HOLD_MS * 2 ** doublings;
    loss.untilMs = nowMs + holdMs;
    this.#losses.delete(client);
    if (this.#losses.size >= LOSERS_MAX) this.#losses.delete(this.#losses.keys().next().value!);
    this.#losses.set(client, loss);
    return holdMs;
  }
}
