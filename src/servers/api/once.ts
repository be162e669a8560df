import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Answers } from '#ports/answers.ts';

/** When to ask again for what another process still works on. */
const STILL_WORKING_RETRY_S = 1;
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a method gave back, as it is kept. */
export interface Outcome {
  readonly result: unknown;
  /** `Set-Cookie` lines. */
  readonly cookies: readonly string[];
}

/** A request that creates something, and the key that its caller gave it. */
export interface KeyedRequest {
  readonly key: string;
  /** Whose key it is: two callers may choose the same one. */
  readonly callerId: string;
  readonly method: string;
  readonly address: string;
  readonly body: unknown;
}

export interface OnceDeps {
  readonly answers: Answers;
  /** Seals what is kept: neither what was sent nor what was answered, tokens among it, can be read from the database. */
  readonly secret: string;
  readonly log: Logger;
}

/** The caller's key, checked; undefined when the request has none. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,200}$/.test(header)) return header;
  throw new Refusal('invalid-request', 'Idempotency-Key must be 1 to 200 visible characters of ASCII.');
}

/** Does what is asked once for each key, and answers the same again for a day. What was refused may be tried again. */
export class Once {
  readonly #deps: OnceDeps;
  /** What this process works on, by its kept key: who sends the same meanwhile comes after it. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(deps: OnceDeps) {
    this.#deps = deps;
  }

  /** Refuses with `key-reused`, `still-working`, and as `work` does. */
  async run(request: KeyedRequest, work: () => Promise<Outcome>): Promise<Outcome> {
    const { key, callerId, method, address, body } = request;
    const name = `${callerId} ${key}`;
    const keptKey = this.#hash('key', name).toString('hex');
    const fingerprint = this.#hash('request', JSON.stringify([method, address, body])).toString('hex');
    const before = this.#running.get(keptKey) ?? Promise.resolve();
    const running = before.catch(() => {}).then(() => this.#begin(keptKey, fingerprint, name, work));
    this.#running.set(keptKey, running);
    try {
      return await running;
    } finally {
      if (this.#running.get(keptKey) === running) this.#running.delete(keptKey);
    }
  }

  async #begin(
    keptKey: string,
    fingerprint: string,
    name: string,
    work: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const begun = await this.#deps.answers.begin(keptKey, fingerprint);
    if (begun.state === 'new') return this.#work(keptKey, name, work);
    if (begun.fingerprint !== fingerprint) throw new Refusal('key-reused');
    if (begun.state === 'working')
      throw new Refusal('still-working', 'Ask again in a second.', STILL_WORKING_RETRY_S);
    return this.#open(begun.answer, name);
  }

  async #work(keptKey: string, name: string, work: () => Promise<Outcome>): Promise<Outcome> {
    const { answers, log } = this.#deps;
    let outcome: Outcome;
    try {
      outcome = await work();
    } catch (cause) {
      await answers.giveUp(keptKey).catch(() => {});
      throw cause;
    }
    // It exists: whoever asked is told so, even if the answer cannot be kept.
    await answers
      .finish(keptKey, this.#seal(outcome, name))
      .catch(err =>
        log.warn({ err }, 'an answer was not kept: if it is lost, the request may be done twice'),
      );
    return outcome;
  }

  #hash(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.#deps.secret).update(`${purpose} ${text}`).digest();
  }

  #seal(outcome: Outcome, name: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#hash('answer', name), iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(outcome), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  #open(answer: string, name: string): Outcome {
    const bytes = Buffer.from(answer, 'base64');
    const decipher = createDecipheriv(CIPHER, this.#hash('answer', name), bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const sealed = bytes.subarray(IV_BYTES + TAG_BYTES);
    return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8'));
  }
}
