import { isRtcp, parseRtp, type RtpPacket, writeRtpHeader } from '#media/rtp/packet.ts';
import { parseRtcp, type Rtcp } from '#media/rtp/rtcp.ts';
import { writeNack } from '#media/rtp/rtcp-write.ts';
import { ViewerRtp } from '#media/rtp/viewer.ts';
import { simulatedAudio, simulatedVideo } from './simulated-publisher.ts';

export const video = { kind: 'video', codec: 'h264', id: 'video', timescale: 90_000 } as const;
export const audio = {
  kind: 'audio',
  codec: 'opus',
  id: 'audio',
  timescale: 48_000,
  channels: 2,
} as const;
export const VIDEO_SSRC = 0xfffffff0;
export const AUDIO_SSRC = 0xcccccccc;
const extensions = { mid: null, transportCc: null, absSendTime: 2 };

export interface ViewerRig {
  readonly viewer: ViewerRtp;
  readonly sent: RtpPacket[];
  readonly reports: Rtcp[];
  wanted: number;
}

/** One viewer, and what it is sent. */
export function openViewer(rtx = true): ViewerRig {
  const opened = { sent: [] as RtpPacket[], reports: [] as Rtcp[], wanted: 0 };
  const viewer = new ViewerRtp(
    {
      video: { ...simulatedVideo, extensions, rtxPayloadType: rtx ? 107 : null },
      audio: { ...simulatedAudio, extensions: { ...extensions, absSendTime: null } },
      ssrcs: { video: VIDEO_SSRC, videoRtx: rtx ? 0xdddddddd : null, audio: AUDIO_SSRC },
    },
    {
      send(bytes) {
        if (isRtcp(bytes)) opened.reports.push(...parseRtcp(bytes));
        else opened.sent.push(parseRtp(bytes.slice())!);
      },
      keyframeWanted() {
        opened.wanted++;
      },
    },
  );
  return Object.assign(opened, { viewer });
}

/** What came from the publisher. */
export function packet(
  sequence: number,
  timestamp: number,
  options: { key?: boolean; ssrc?: number; mediaTimeMs?: number } = {},
): RtpPacket {
  const bytes = new Uint8Array(16);
  writeRtpHeader(bytes, true, 106, sequence & 0xffff, timestamp >>> 0, options.ssrc ?? 1, false);
  bytes.set([options.key ? 0x65 : 0x41, 0x88, sequence, 9], 12);
  const parsed = parseRtp(bytes)!;
  parsed.mediaTimeMs = options.mediaTimeMs ?? Number.NaN;
  return parsed;
}

/** The viewer misses these of its pictures. */
export function nack(...sequences: number[]): Uint8Array {
  const out = new Uint8Array(100);
  return out.subarray(0, writeNack(out, 0, 1, VIDEO_SSRC, sequences));
}
