import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { until } from './until.ts';

/** A fake camera and microphone, asked of nobody, and sound without a tap. */
const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'remote.active-protocols': 1,
} as const;

const COMMAND_TIMEOUT_MS = 30_000;
const EXECUTABLE = '/usr/bin/firefox-esr';

interface Answer {
  readonly id?: number;
  readonly type: string;
  readonly result?: unknown;
  readonly message?: string;
}

/** Firefox as a person uses it, over WebDriver BiDi (W3C): one window. */
export class Firefox {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #commands = 0;
  #context = '';

  static async open(): Promise<Firefox> {
    const profile = await mkdtemp(path.join(tmpdir(), 'skylark-firefox-'));
    const lines = Object.entries(PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});`,
    );
    await writeFile(path.join(profile, 'user.js'), lines.join('\n'));
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
    const child = spawn(EXECUTABLE, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const socket = new WebSocket(`${await listening(child)}/session`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const firefox = new Firefox(child, socket, profile);
    await firefox.#begin();
    return firefox;
  }

  private constructor(child: ChildProcess, socket: WebSocket, profile: string) {
    this.#child = child;
    this.#socket = socket;
    this.#profile = profile;
    socket.on('message', data => this.#hear(JSON.parse(String(data)) as Answer));
  }

  async goto(url: string): Promise<void> {
    await this.#send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** What an expression comes to in the page, once it is settled; nothing that JSON does not carry. */
  async evaluate<T>(expression: string): Promise<T> {
    const result = await this.#send('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    const {
      type,
      result: value,
      exceptionDetails,
    } = result as {
      type: string;
      result?: { value: string };
      exceptionDetails?: { text: string };
    };
    if (type !== 'success' || !value) throw new Error(exceptionDetails?.text ?? 'nothing came back');
    return JSON.parse(value.value) as T;
  }

  /** Resolves when the expression is true in the page. */
  async waitFor(expression: string, withinMs = 20_000): Promise<void> {
    await until(expression, () => this.evaluate<boolean>(`Boolean(${expression})`), withinMs).catch(
      async cause => {
        const text = await this.evaluate<string>('document.body.innerText');
        throw new Error(`${(cause as Error).message}; the page says: ${text.slice(0, 600)}`, { cause });
      },
    );
  }

  /** Clicks into the first element of a selector and types, key by key. */
  async type(selector: string, text: string): Promise<void> {
    await this.click(selector);
    const actions = [...text].flatMap(value => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.#perform([{ type: 'key', id: 'keyboard', actions }]);
  }

  async click(selector: string): Promise<void> {
    const quoted = JSON.stringify(selector);
    await this.waitFor(`document.querySelector(${quoted})`);
    const { x, y } = await this.evaluate<{ x: number; y: number }>(`(() => {
      const element = document.querySelector(${quoted});
      element.scrollIntoView({ block: 'center' });
      const box = element.getBoundingClientRect();
      return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
    })()`);
    const actions = [
      { type: 'pointerMove', x, y },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.#perform([{ type: 'pointer', id: 'mouse', actions }]);
  }

  async close(): Promise<void> {
    const gone = new Promise(resolve => this.#child.once('exit', resolve));
    this.#socket.close();
    this.#child.kill();
    await gone;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #begin(): Promise<void> {
    await this.#send('session.new', { capabilities: {} });
    const { contexts } = (await this.#send('browsingContext.getTree', {})) as {
      contexts: { context: string }[];
    };
    this.#context = contexts[0]!.context;
    await this.#send('browsingContext.setViewport', {
      context: this.#context,
      viewport: { width: 1280, height: 800 },
    });
  }

  #perform(actions: readonly object[]): Promise<unknown> {
    return this.#send('input.performActions', { context: this.#context, actions });
  }

  #send(method: string, params: object): Promise<unknown> {
    const id = ++this.#commands;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    const timer = setTimeout(() => answer.reject(new Error(`${method} got no answer`)), COMMAND_TIMEOUT_MS);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer.promise.finally(() => clearTimeout(timer));
  }

  #hear({ id, type, result, message }: Answer): void {
    if (id === undefined) return;
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (type === 'success') answer?.resolve(result);
    else answer?.reject(new Error(message));
  }
}

/** Where Firefox says that it listens. */
function listening(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  child.stderr!.on('data', chunk => {
    text += chunk;
    const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(text);
    if (found) resolve(found[1]!);
  });
  child.once('error', reject);
  child.once('exit', code => reject(new Error(`Firefox ended with ${code}: ${text.slice(-500)}`)));
  return promise;
}
