import type { Closer } from '#base/dispose.ts';
import type { Bus } from '#ports/bus.ts';
import { CREDENTIALS_TOPIC, type CredentialsRevoked } from '#ports/credentials.ts';
import { REVOKED_KEPT_MAX } from './limits.ts';

/** Hears which sign-in sessions and tokens are revoked, and remembers the last of them for sockets that are being opened. */
export class Revoked implements Closer {
  readonly #ids = new Set<string>();
  readonly #subscription: Closer;

  /** `told` gets what has just been revoked. */
  constructor(bus: Bus, told: (ids: ReadonlySet<string>) => void) {
    this.#subscription = bus.subscribe(CREDENTIALS_TOPIC, message => {
      const ids = new Set((message as CredentialsRevoked).credentialIds);
      for (const id of ids) this.#keep(id);
      told(ids);
    });
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  close(): void | Promise<void> {
    return this.#subscription.close();
  }

  #keep(id: string): void {
    if (this.#ids.size >= REVOKED_KEPT_MAX) this.#ids.delete(this.#ids.keys().next().value!);
    this.#ids.add(id);
  }
}
