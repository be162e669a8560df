/** H.264 and what repairs it first. Null where the browser has no H.264 or will not say. */
export function h264First(kind: 'sender' | 'receiver'): RTCRtpCodec[] | null {
  const source = kind === 'sender' ? globalThis.RTCRtpSender : globalThis.RTCRtpReceiver;
  const codecs = source?.getCapabilities?.('video')?.codecs ?? [];
  return orderCodecs(codecs);
}

/** Whether H.264 can be sent from here; a browser that will not say is believed to. */
export function sendsH264(): boolean {
  const capabilities = globalThis.RTCRtpSender?.getCapabilities?.('video') ?? null;
  return capabilities === null || orderCodecs(capabilities.codecs) !== null;
}

/** H.264 with packetization mode 1 (RFC 6184 section 6.3) before other H.264, then RTX (RFC 4588); nothing else. */
export function orderCodecs<C extends { mimeType: string; sdpFmtpLine?: string }>(
  codecs: readonly C[],
): C[] | null {
  const named = (name: string) => codecs.filter(codec => codec.mimeType.toLowerCase() === `video/${name}`);
  const h264 = named('h264');
  if (h264.length === 0) return null;
  const mode1 = h264.filter(codec => codec.sdpFmtpLine?.includes('packetization-mode=1') === true);
  const others = h264.filter(codec => !mode1.includes(codec));
  return [...mode1, ...others, ...named('rtx')];
}
