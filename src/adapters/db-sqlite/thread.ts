import type { SQLInputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { Fault } from '#base/fault.ts';
import { errorOf } from './faults.ts';
import type { FromThread, Outcome, ThreadOptions, ToThread } from './messages.ts';

/**
 * Questions that a thread has at a time, and answers that it gives in one turn of the event loop: Node hands over up to a
 * thousand messages in a row, while packets wait, and what is asked next on an answer would be among them.
 */
export const IN_FLIGHT_MAX = 8;
/** Beyond it something asks more than will ever be answered. */
const WAITING_MAX = 50_000;

interface Question {
  readonly message: ToThread;
  readonly answer: PromiseWithResolvers<Outcome>;
}

/** One connection in a thread of its own: what is asked is answered in order. */
export class DatabaseThread {
  readonly #worker: Worker;
  readonly #asked: Question['answer'][] = [];
  #waiting: Question[] = [];
  /** In flight, or answered in this turn. */
  #places = 0;
  readonly #exited: Promise<void>;
  #isOpen = false;
  #ended: Fault | null = null;
  #closing: Promise<void> | null = null;

  /** Throws what SQLite says when the file cannot be opened. */
  static async open(options: ThreadOptions): Promise<DatabaseThread> {
    const thread = new DatabaseThread(options);
    await thread.#opening();
    thread.#isOpen = true;
    return thread;
  }

  private constructor(options: ThreadOptions) {
    this.#worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      name: options.isReader ? 'db-reader' : 'db-writer',
      workerData: options,
      // Not the process's own, some of which are not for threads.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('error', cause => this.#end(new Fault('a thread of the database broke', cause)));
    this.#exited = new Promise(resolve => {
      this.#worker.on('exit', () => {
        this.#end(new Fault(this.#closing ? 'the database is closed' : 'a thread of the database ended'));
        resolve();
      });
    });
  }

  /** Questions that wait for an answer. */
  get waiting(): number {
    return this.#asked.length + this.#waiting.length;
  }

  /** Rejects with an error that has SQLite's `errcode`, with a `StorageFull` or a `DatabaseLocked`. */
  query(sql: string, parameters: readonly unknown[]): Promise<Outcome> {
    return this.#ask({ kind: 'query', sql, parameters: parameters as readonly SQLInputValue[] });
  }

  /** Rolls back what SQLite has not rolled back by itself. */
  async rollback(): Promise<void> {
    await this.#ask({ kind: 'rollback' });
  }

  /** After what was asked before it. A transaction that is open is rolled back. */
  close(): Promise<void> {
    this.#closing ??= this.#ask({ kind: 'close' }).then(() => this.#exited);
    return this.#closing;
  }

  #opening(): Promise<Outcome> {
    const answer = Promise.withResolvers<Outcome>();
    this.#asked.push(answer);
    return answer.promise;
  }

  /** Only while somebody waits does the thread keep the process alive, as a connection would. */
  #ask(message: ToThread): Promise<Outcome> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.waiting >= WAITING_MAX) return Promise.reject(new Fault('too much is asked of the database'));
    if (this.waiting === 0) this.#worker.ref();
    const answer = Promise.withResolvers<Outcome>();
    this.#waiting.push({ message, answer });
    this.#send();
    return answer.promise;
  }

  #send(): void {
    const next = this.#waiting.splice(0, IN_FLIGHT_MAX - this.#places);
    this.#places += next.length;
    for (const { message, answer } of next) {
      this.#worker.postMessage(message);
      this.#asked.push(answer);
    }
  }

  #receive(message: FromThread): void {
    const answer = this.#asked.shift()!;
    if (this.waiting === 0 && !this.#closing) this.#worker.unref();
    if (this.#isOpen) setImmediate(() => this.#free());
    if ('failure' in message) answer.reject(errorOf(message));
    else answer.resolve(message);
  }

  #free(): void {
    this.#places--;
    if (this.#waiting.length > 0) this.#send();
  }

  /** Nothing here can mend a thread that ended by itself: the process ends loudly, and is started again. */
  #end(fault: Fault): void {
    if (this.#ended) return;
    this.#ended = fault;
    for (const answer of this.#asked.splice(0)) answer.reject(fault);
    for (const { answer } of this.#waiting.splice(0)) answer.reject(fault);
    if (this.#isOpen && !this.#closing) throw fault;
  }
}
