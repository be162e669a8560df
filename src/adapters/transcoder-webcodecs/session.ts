import { Fault } from '#base/fault.ts';
import type { AudioUnit } from '#media/unit.ts';
import type { AudioTranscode, AudioTranscodeEvents } from '#ports/transcoder.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Packets on their way to the worker: five seconds of 20 ms. More are left out and become silence. */
const IN_FLIGHT_MAX = 250;
const FRAME_TICKS = 1024;

/** The main thread's side of one session. */
export class WorkerSession implements AudioTranscode {
  readonly sampleRate = 48_000;
  readonly channels: number;
  readonly opened: Promise<void>;
  readonly #id: number;
  readonly #events: AudioTranscodeEvents;
  readonly #send: (message: ToWorker, transfer?: ArrayBuffer[]) => void;
  readonly #closed: () => void;
  readonly #opening = Promise.withResolvers<void>();
  #config: Uint8Array | null = null;
  #flushes: PromiseWithResolvers<void>[] = [];
  #inFlight = 0;
  #over = false;

  constructor(
    id: number,
    channels: number,
    events: AudioTranscodeEvents,
    send: (message: ToWorker, transfer?: ArrayBuffer[]) => void,
    closed: () => void,
  ) {
    this.#id = id;
    this.channels = channels;
    this.#events = events;
    this.#send = send;
    this.#closed = closed;
    this.opened = this.#opening.promise;
    send({ kind: 'open', session: id, channels });
  }

  get config(): Uint8Array {
    return this.#config ?? new Uint8Array();
  }

  push(unit: AudioUnit): void {
    if (this.#over || this.#inFlight >= IN_FLIGHT_MAX) return;
    this.#inFlight++;
    const data = unit.data.slice(); // the bytes are shared with other readers
    this.#send({ kind: 'push', session: this.#id, pts: unit.pts, data }, [data.buffer]);
  }

  flush(): Promise<void> {
    if (this.#over) return Promise.reject(new Fault('the audio codec is closed'));
    const flush = Promise.withResolvers<void>();
    this.#flushes.push(flush);
    this.#send({ kind: 'flush', session: this.#id });
    return flush.promise;
  }

  close(): void {
    if (this.#over) return;
    this.#send({ kind: 'close', session: this.#id });
    this.#end(new Fault('the audio codec was closed'));
  }

  receive(message: FromWorker): void {
    if (this.#over) return;
    if (message.kind === 'taken') this.#inFlight--;
    else if (message.kind === 'flushed') this.#flushes.shift()?.resolve();
    else if (message.kind === 'failed') this.fail(new Fault(message.message));
    else if (message.kind === 'unit')
      this.#events.unit({ kind: 'audio', pts: message.pts, duration: FRAME_TICKS, data: message.data });
    else {
      this.#config = message.config;
      this.#opening.resolve();
    }
  }

  /** The codec is gone. Reported once, and not for a session that was never open: its opening rejects instead. */
  fail(cause: Fault): void {
    if (this.#over) return;
    const wasOpen = this.#config !== null;
    this.#end(cause);
    if (wasOpen) this.#events.failed(cause);
  }

  #end(cause: Fault): void {
    this.#over = true;
    this.#opening.reject(cause);
    for (const flush of this.#flushes) flush.reject(cause);
    this.#flushes = [];
    this.#closed();
  }
}
