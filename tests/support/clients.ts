import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = fileURLToPath(new URL('clients/', import.meta.url));
const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
/** Where `.ci/run` installs `clients/requirements.txt`. */
const venv = path.join(cache, 'skylark-test-clients', 'bin', 'python');
/** GStreamer's bindings belong to the system's own Python. */
const system = '/usr/bin/python3';

/** What a viewer saw and heard. */
export interface Seen {
  readonly pictures: number;
  /** Greatest mean difference of a picture from the first, 0 to 255. */
  readonly motion: number;
  /** Greatest root mean square of the sound, 0 to 1. */
  readonly loudness: number;
}

/** Whether aiortc and FFmpeg 8 are there, for `skipWithout`. */
export const hasPythonClients = (): boolean => existsSync(venv);

/** Whether GStreamer is there with everything that publishes and watches by WebRTC. */
export const hasGstreamer = (): boolean =>
  hasElements(
    ['webrtcbin', 'nicesink', 'x264enc', 'avdec_h264', 'opusenc', 'rtph264pay', 'h264parse'],
    'GstWebRTC',
  );

/** Whether GStreamer is there with everything that plays HLS. */
export const playsWithGstreamer = (): boolean =>
  hasElements(['playbin3', 'hlsdemux2', 'souphttpsrc', 'avdec_h264', 'avdec_aac'], 'Gst');

function hasElements(needed: readonly string[], bindings: string): boolean {
  const script = `import gi
gi.require_version('${bindings}', '1.0')
from gi.repository import Gst, ${bindings}
Gst.init(None)
assert all(Gst.ElementFactory.find(name) for name in ${JSON.stringify(needed)})`;
  try {
    execFileSync(system, ['-c', script], { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

/** A script of `clients/` under way. */
export class Client {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #closed: Promise<number | null>;
  #output = '';
  #changed: () => void = () => {};

  constructor(script: string, args: readonly (string | number)[]) {
    this.#name = script;
    const python = script.includes('gst') ? system : venv;
    const words = [path.join(scripts, `${script}.py`), ...args.map(String)];
    this.#child = spawn(python, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (text: Buffer) => {
        this.#output += text;
        this.#changed();
      });
    this.#closed = new Promise(resolve => {
      this.#child.on('close', code => resolve(code));
    });
  }

  /** Resolves when a publisher says that it publishes; rejects with what it said when it ends before. */
  async publishing(): Promise<void> {
    const said = new Promise<void>(resolve => {
      this.#changed = () => this.#output.includes('publishing') && resolve();
      this.#changed();
    });
    const ended = this.#closed.then(code => assert.fail(`${this.#name} ended with ${code}: ${this.#output}`));
    await Promise.race([said, ended]);
  }

  /** What it said, once it has ended by itself. */
  async failed(): Promise<string> {
    assert.notEqual(await this.#closed, 0, `${this.#name} did not fail`);
    return this.#output;
  }

  /** What a viewer saw, once it has seen enough. */
  seen(): Promise<Seen> {
    return this.reported();
  }

  /** The last line that it said, once it has ended well. */
  async reported<T>(): Promise<T> {
    const code = await this.#closed;
    assert.equal(code, 0, `${this.#name}: ${this.#output}`);
    return JSON.parse(this.#output.trim().split('\n').at(-1)!) as T;
  }

  async close(): Promise<void> {
    this.#child.kill();
    await this.#closed;
  }
}
