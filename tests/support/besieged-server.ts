import assert from 'node:assert/strict';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast } from '#contract/api/types.ts';
import { errors } from '#contract/errors.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { startSyntheticPublisher } from './synthetic-publisher.ts';
import { freeUdpPort } from './udp.ts';
import { until } from './until.ts';

/** A server in a process of its own with a broadcast that is live: what is thrown at it must harm neither. */
export class BesiegedServer {
  readonly server: ServerProcess;
  readonly rtcPort: number;
  /** The broadcast that goes on. */
  created!: CreatedBroadcast;
  #cookie = '';
  #publisher: ReturnType<typeof startSyntheticPublisher> | null = null;

  private constructor(server: ServerProcess, rtcPort: number) {
    this.server = server;
    this.rtcPort = rtcPort;
  }

  static async start(): Promise<BesiegedServer> {
    const rtcPort = await freeUdpPort();
    const environment = { SKYLARK_RTC_PORT: String(rtcPort), SKYLARK_LOG: 'error' };
    const besieged = new BesiegedServer(await startServerProcess(environment), rtcPort);
    await besieged.#goLive();
    return besieged;
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async close(): Promise<void> {
    await this.#publisher?.close();
    await this.server.close();
  }

  request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { cookie: this.#cookie, origin: this.url, ...init.headers };
    return fetch(this.url + path, { ...init, headers });
  }

  post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async create(title: string): Promise<CreatedBroadcast> {
    return (await (await this.post('/api/v1/broadcasts', { title })).json()) as CreatedBroadcast;
  }

  /** Posts an offer of WHIP. */
  offer(to: CreatedBroadcast, body: string, token = to.publishToken): Promise<Response> {
    const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${token}` };
    return this.request(`/whip/${to.id}`, { method: 'POST', headers, body });
  }

  /** The process lives, the broadcast is live, and its playlist moves on. */
  async assertUnharmed(): Promise<void> {
    assert.equal(this.server.child.exitCode, null, 'the process lives');
    assert.equal((await this.request('/healthz')).status, 200);
    assert.equal((await this.#broadcast()).state, 'live');
    const playlist = async () => (await this.request(`/hls/${this.created.id}/video/index.m3u8`)).text();
    const first = await playlist();
    await until('the playlist moves on', async () => (await playlist()) !== first);
  }

  async #goLive(): Promise<void> {
    const account = { handle: 'ana', email: 'ana@example.org', password: 'a lark in the morning' };
    const cookies = (await this.post('/api/v1/accounts', account)).headers.getSetCookie();
    this.#cookie = cookies.map(line => line.split(';')[0]).join('; ');
    this.created = await this.create('Under fire');
    const whipUrl = new URL(this.created.whipUrl, this.url).href;
    this.#publisher = startSyntheticPublisher({ ...this.created, whipUrl });
    await until('it is live and has parts', async () => (await this.#broadcast()).playback.hlsUrl !== null);
  }

  async #broadcast(): Promise<Broadcast> {
    return (await (await this.request(`/api/v1/broadcasts/${this.created.id}`)).json()) as Broadcast;
  }
}

export async function assertProblem(response: Response, code: keyof typeof errors): Promise<void> {
  const problem = (await response.json()) as { code: string; advice: string; detail: string };
  assert.equal(problem.code, code, problem.detail);
  assert.equal(response.status, errors[code].status);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.ok(problem.advice.length > 0, 'it says what to do');
}
