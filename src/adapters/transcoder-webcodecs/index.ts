import { Worker } from 'node:worker_threads';
import { assert } from '#base/assert.ts';
import { Fault } from '#base/fault.ts';
import type { Logger } from '#base/log.ts';
import type { AudioTranscodeEvents, Transcoder } from '#ports/transcoder.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { WorkerSession } from './session.ts';

/** A transcoder on FFmpeg's codecs (WebCodecs), all sessions in one worker thread that starts with the first. */
export function createWebcodecsTranscoder(deps: { log: Logger }): Transcoder {
  const transcoder = new WorkerTranscoder(deps.log);
  return {
    opusToAac: (channels, events) => transcoder.open(channels, events),
    close: () => transcoder.close(),
  };
}

class WorkerTranscoder {
  readonly #log: Logger;
  readonly #sessions = new Map<number, WorkerSession>();
  #worker: Worker | null = null;
  #nextId = 0;
  #closed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  async open(channels: number, events: AudioTranscodeEvents): Promise<WorkerSession> {
    assert(channels === 1 || channels === 2, 'one or two channels');
    if (this.#closed) throw new Fault('the transcoder is closed');
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = this.#nextId++;
    const send = (message: ToWorker, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer);
    const session = new WorkerSession(id, channels, events, send, () => this.#sessions.delete(id));
    this.#sessions.set(id, session);
    await session.opened;
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.close();
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { name: 'transcoder' });
    worker.on('message', (message: FromWorker) => this.#sessions.get(message.session)?.receive(message));
    worker.on('error', (cause: unknown) => this.#died(worker, new Fault('the transcoder broke', cause)));
    worker.on('exit', () => this.#died(worker, new Fault('the transcoder ended')));
    return worker;
  }

  /** Its sessions fail; the next one starts another worker. */
  #died(worker: Worker, cause: Fault): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    if (!this.#closed) this.#log.error({ err: cause, sessions: this.#sessions.size }, 'the transcoder died');
    for (const session of this.#sessions.values()) session.fail(cause);
  }
}
