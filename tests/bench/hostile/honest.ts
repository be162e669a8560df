import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { Door, Targets } from './attacks.ts';

/** An address that none of the attackers has. */
const ADDRESS = '127.7.7.7';
const PATIENCE_MS = 10_000;

export interface Served {
  /** The longest that somebody honest waited, by a connection of their own; as long as they had patience where they were not served. */
  readonly worstMs: number;
  readonly asked: number;
  readonly refused: Readonly<Record<string, number>>;
}

/** Asks what people ask of this door, again and again. `stop` gives how they fared. */
export function startHonest(
  url: string,
  door: Door,
  targets: Targets,
): { readonly asked: number; stop(): Promise<Served> } {
  const served = { worstMs: 0, asked: 0, refused: {} as Record<string, number> };
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const startedMs = performance.now();
      const status = await asks[door](url, targets).catch((cause: Error) => cause.message);
      const tookMs = performance.now() - startedMs;
      served.asked++;
      const isServed = status === '200' || status === '201' || status === '101';
      if (!isServed) served.refused[status] = (served.refused[status] ?? 0) + 1;
      served.worstMs = Math.max(served.worstMs, isServed ? tookMs : PATIENCE_MS);
      await new Promise(resolve => setTimeout(resolve, door === 'whip' ? 1000 : 250));
    }
  })();
  return {
    get asked() {
      return served.asked;
    },
    async stop() {
      isOver = true;
      await asking;
      return { ...served, worstMs: Math.round(served.worstMs) };
    },
  };
}

const asks: Record<Door, (url: string, targets: Targets) => Promise<string>> = {
  http: async url => (await ask(url, 'GET', '/p/x')).status,
  hls: async (url, { broadcastId, archived }) => {
    const live = await ask(url, 'GET', `/hls/${broadcastId}/index.m3u8`);
    return live.status === '200' ? (await ask(url, 'GET', archived[0]!)).status : live.status;
  },
  whip: (url, { own, publisherOffer }) => {
    const { id, publishToken } = own.at(-1)!;
    return offer(url, `/whip/${id}`, publisherOffer, {
      authorization: `Bearer ${publishToken}`,
      'if-match': '*',
    });
  },
  whep: (url, { broadcastId, viewerOffer }) => offer(url, `/whep/${broadcastId}`, viewerOffer, {}),
  socket: url =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, {
        localAddress: ADDRESS,
        family: 4,
      });
      socket.once('open', () => {
        resolve('101');
        socket.close();
      });
      socket.once('error', reject);
      setTimeout(() => reject(new Error('timeout')), PATIENCE_MS);
    }),
};

async function offer(
  url: string,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<string> {
  const { status, location } = await ask(
    url,
    'POST',
    path,
    { 'content-type': 'application/sdp', ...headers },
    body,
  );
  // Of a publisher that would be the end of the broadcast; the next offer takes over instead.
  if (location?.startsWith('/whep')) await ask(url, 'DELETE', location);
  return status;
}

function ask(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<{ status: string; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const options = { host: '127.0.0.1', port, method, path, headers, localAddress: ADDRESS, agent: false };
    const outgoing = request({ ...options, timeout: PATIENCE_MS }, response => {
      response.resume();
      response.on('end', () =>
        resolve({ status: String(response.statusCode), location: response.headers.location }),
      );
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
