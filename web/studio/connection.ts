import { h264First } from '../player/codecs.ts';
import { layersFor, linesOf, settleLayers } from './layers.ts';

const AUDIO_BPS_MAX = 96_000;
const CONNECT_TIMEOUT_MS = 4_000;

/** A connection whose offer stands: the camera's layers, and the microphone. */
export async function offering(
  tracks: ReadonlyMap<'video' | 'audio', MediaStreamTrack>,
): Promise<RTCPeerConnection> {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const camera = tracks.get('video');
  const video = pc.addTransceiver(camera ?? 'video', {
    direction: 'sendonly',
    sendEncodings: layersFor(linesOf(camera)),
  });
  const codecs = h264First('sender');
  if (codecs !== null) video.setCodecPreferences?.(codecs);
  pc.addTransceiver(tracks.get('audio') ?? 'audio', {
    direction: 'sendonly',
    sendEncodings: [{ maxBitrate: AUDIO_BPS_MAX }],
  });
  await keepResolution(video.sender);
  await pc.setLocalDescription();
  return pc;
}

/** A changing resolution costs HLS an init segment and a discontinuity; fewer frames for a moment cost nothing. */
async function keepResolution(sender: RTCRtpSender): Promise<void> {
  try {
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  } catch {
    // A wish, not a need: Firefox has no such parameter.
  }
}

/** Takes the answer; resolves when the server is reached. */
export async function answered(pc: RTCPeerConnection, sdp: string, signal: AbortSignal): Promise<void> {
  await pc.setRemoteDescription({ type: 'answer', sdp });
  await settleLayers(pc.getTransceivers()[0]!.sender);
  await connected(pc, signal);
}

function connected(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('No connection in time')), CONNECT_TIMEOUT_MS);
  const look = () => {
    if (pc.connectionState === 'connected') resolve();
    if (pc.connectionState === 'failed' || pc.connectionState === 'closed')
      reject(new Error('No connection'));
  };
  pc.addEventListener('connectionstatechange', look);
  signal.addEventListener('abort', () => reject(new Error('Stopped')), { once: true });
  look();
  return promise.finally(() => {
    clearTimeout(timer);
    pc.removeEventListener('connectionstatechange', look);
  });
}
