import { Worker } from 'node:worker_threads';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { Passwords } from '#ports/passwords.ts';
import { type Cost, isMadeWith, STRONG } from './hashing.ts';
import type { Done, Work } from './worker.ts';

export interface ScryptPasswordsOptions {
  readonly log: Logger;
  /** Other than the usual strength; for tests that sign many people up. */
  readonly cost?: Cost;
}

interface Waiting {
  readonly work: Work;
  resolve(result: string | boolean): void;
  reject(cause: Fault): void;
}

export function createScryptPasswords({ log, cost = STRONG }: ScryptPasswordsOptions): Passwords {
  const thread = new HashingThread(cost, log);
  return {
    hash: async password => (await thread.run({ password })) as string,
    verify: async (password, against) => (await thread.run({ password, against })) as boolean,
    isOutdated: hash => !isMadeWith(hash, cost),
    close: () => thread.close(),
  };
}

/** One worker and what waits for it. A worker that dies fails what waits; the next piece of work starts another. */
class HashingThread {
  readonly #cost: Cost;
  readonly #log: Logger;
  #worker: Worker | null = null;
  #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(cost: Cost, log: Logger) {
    this.#cost = cost;
    this.#log = log;
  }

  run(work: Work): Promise<string | boolean> {
    if (this.#isClosed) return Promise.reject(new Fault('passwords are no longer hashed'));
    this.#worker ??= this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      // It keeps the process alive as long as somebody waits, and no longer.
      this.#worker!.ref();
      // The worker takes its messages one after the other.
      this.#worker!.postMessage(work);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#failAll(new Fault('passwords are no longer hashed'));
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#cost,
      // Nothing of the main thread's flags (test runners, loaders) belongs there.
      execArgv: [],
      stdin: false,
    });
    worker.on('message', (done: Done) => this.#done(done));
    worker.on('error', cause => this.#died(worker, cause));
    worker.on('exit', () => this.#died(worker, null));
    return worker;
  }

  #done(done: Done): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker?.unref();
    if ('failure' in done) waiting?.reject(new Fault(`hashing a password failed: ${done.failure}`));
    else waiting?.resolve(done.result);
  }

  #died(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker || this.#isClosed) return;
    this.#log.error({ err: cause }, 'the thread that hashes passwords died');
    this.#failAll(new Fault('the thread that hashes passwords died', cause));
  }

  #failAll(fault: Fault): void {
    const waiting = this.#waiting;
    this.#worker = null;
    this.#waiting = [];
    for (const { reject } of waiting) reject(fault);
  }
}
