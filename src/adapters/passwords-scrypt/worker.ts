import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type Cost, hash, verify } from './hashing.ts';

/** One piece of work: a password to hash, or one to compare with `against`. */
export interface Work {
  readonly password: string;
  readonly against?: string;
}
export type Done = { readonly result: string | boolean } | { readonly failure: string };

yieldToOthers();
parentPort!.on('message', ({ password, against }: Work) => {
  parentPort!.postMessage(done(password, against));
});

function done(password: string, against: string | undefined): Done {
  try {
    return { result: against === undefined ? hash(password, workerData as Cost) : verify(password, against) };
  } catch (cause) {
    return { failure: String(cause) };
  }
}

/** Linux gives a thread a priority of its own: pictures go before passwords. Elsewhere all threads are equal. */
function yieldToOthers(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not Linux, or not allowed: it hashes as it is.
  }
}
