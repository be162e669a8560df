/** What one hostile connection does. */
export interface Attack {
  /** Sent when it is open. */
  readonly first: (i: number) => string;
  /** Sent every second. */
  readonly drip?: string;
  /** Sent again when an answer begins to come. */
  readonly again?: boolean;
  /** Reads nothing at all. */
  readonly deaf?: boolean;
}

/** What the attackers know of the server: addresses that anybody finds, and broadcasts of their own. */
export interface Targets {
  readonly asset: string;
  readonly broadcastId: string;
  readonly archived: readonly string[];
  /** The last one is the honest publisher's. */
  readonly own: readonly { readonly id: string; readonly publishToken: string }[];
  readonly publisherOffer: string;
  readonly viewerOffer: string;
}

export const DOORS = ['http', 'hls', 'whip', 'whep', 'socket'] as const;
export type Door = (typeof DOORS)[number];

const crowd = (i: number, of: number) => i % of;
const request = (verb: string, target: string, headers = '', body = '') =>
  `${verb} ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
const json = 'Content-Type: application/json\r\n';
const sdp = 'Content-Type: application/sdp\r\n';
const upgrade =
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';

/** A masked text frame of less than 126 bytes (RFC 6455 section 5.2), with a mask of zeros. */
const frame = (text: string) => `\x81${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`;

/** By door and name: the worst that we can think of. */
export function attacksOn(targets: Targets): Record<Door, Record<string, Attack>> {
  const { asset, broadcastId, archived, own, publisherOffer, viewerOffer } = targets;
  const segment = (i: number) => archived[crowd(i, archived.length)]!;
  const playlist = `/hls/${broadcastId}/video/index.m3u8`;
  const room = frame(JSON.stringify({ op: 'join', topic: `room:${broadcastId}` }));
  const offer = (i: number) => {
    const { id, publishToken } = own[crowd(i, own.length - 1)]!;
    return request('POST', `/whip/${id}`, `${sdp}Authorization: Bearer ${publishToken}\r\n`, publisherOffer);
  };
  const noCodec = viewerOffer.replace(/H264/g, 'VP8');
  return {
    http: {
      silent: { first: () => '' },
      drip: { first: () => 'POST /api/v1/sign-in HTTP/1.1\r\nHost: lo', drip: 'a' },
      'slow read': { first: () => request('GET', asset).repeat(8), deaf: true },
      pipelined: { first: () => 'GET / HTTP/1.1\r\nHost:a\r\n\r\n'.repeat(2400), again: true },
      'huge headers': { first: () => request('GET', '/', `X-A: ${'a '.repeat(7900)}\r\n`), again: true },
      'sign-ins': {
        first: i =>
          request('POST', '/api/v1/sign-in', json, `{"login":"nobody${i}","password":"a lark at noon"}`),
        again: true,
      },
      'timeline flood': { first: () => request('GET', '/api/v1/timelines/live'), again: true },
    },
    hls: {
      'gzip and spaces': {
        first: () => request('GET', playlist, `Accept-Encoding: gzip${' '.repeat(15_800)}x\r\n`),
        again: true,
      },
      'ranges, pipelined': {
        first: i => request('GET', segment(i), 'Range: bytes=0-0\r\n').repeat(400),
        again: true,
      },
      'slow read': { first: i => request('GET', segment(i)).repeat(8), deaf: true },
      'stored flood': { first: i => request('GET', segment(i)), again: true },
      waiting: {
        first: () => request('GET', `${playlist}?_HLS_msn=MSN&_HLS_part=0`).repeat(100),
        again: true,
      },
    },
    whip: {
      'half-open': { first: offer, again: true },
      drip: {
        first: () =>
          `POST /whip/${broadcastId} HTTP/1.1\r\nHost: a\r\n${sdp}Content-Length: 60000\r\n\r\nv=0`,
        drip: 'a',
      },
      'huge offer': {
        first: () => request('POST', `/whip/${broadcastId}`, sdp, 'a=simulcast:send 1\r\n'.repeat(3200)),
        again: true,
      },
    },
    whep: {
      'half-open': { first: () => request('POST', `/whep/${broadcastId}`, sdp, viewerOffer), again: true },
      'counter-offers': { first: () => request('POST', `/whep/${broadcastId}`, sdp, noCodec), again: true },
    },
    socket: {
      silent: { first: () => request('GET', '/socket', upgrade) },
      'rooms, unread': { first: () => request('GET', '/socket', upgrade) + room, deaf: true },
      'frame flood': {
        first: () => request('GET', '/socket', upgrade) + room.repeat(200),
        drip: room.repeat(200),
      },
    },
  };
}
