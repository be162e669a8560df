import { type EncodedVideoChunk, VideoEncoder, VideoFrame } from '@napi-rs/webcodecs';
import { splitAnnexB } from '../../src/media/h264/nal.ts';
import { Picture } from './picture.ts';

export const FRAMES_PER_SECOND = 30;
/** Frames that wait for the encoder; beyond it pictures are left out, as a camera does. */
const QUEUE_MAX = 3;

export interface CameraEvents {
  /** One access unit; `ms` is when its picture was drawn, since the start. */
  unit(nals: Uint8Array[], ms: number): void;
  failed(cause: Error): void;
}

/**
 * Draws pictures and encodes them as H.264 without reordering. In its realtime mode this encoder makes every tenth picture
 * a key frame, and its profile is High whatever the codec string asks.
 */
export class Camera {
  readonly #picture = new Picture(640, 360);
  readonly #encoder: VideoEncoder;
  #isKeyWanted = true;

  constructor(events: CameraEvents) {
    this.#encoder = new VideoEncoder({
      output: chunk => events.unit(splitAnnexB(bytesOf(chunk)), chunk.timestamp / 1000),
      error: cause => events.failed(cause),
    });
    this.#encoder.configure({
      codec: 'avc1.42e01f',
      width: this.#picture.width,
      height: this.#picture.height,
      framerate: FRAMES_PER_SECOND,
      bitrate: 700_000,
      latencyMode: 'realtime',
      avc: { format: 'annexb' },
    });
  }

  wantKeyframe(): void {
    this.#isKeyWanted = true;
  }

  shoot(ms: number): void {
    if (this.#encoder.encodeQueueSize > QUEUE_MAX) return;
    const { width, height } = this.#picture;
    const frame = new VideoFrame(this.#picture.draw(ms), {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      timestamp: Math.round(ms * 1000),
    });
    this.#encoder.encode(frame, { keyFrame: this.#isKeyWanted });
    this.#isKeyWanted = false;
    frame.close();
  }

  close(): void {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
  }
}

function bytesOf(chunk: EncodedVideoChunk): Uint8Array {
  const bytes = new Uint8Array(chunk.byteLength);
  chunk.copyTo(bytes);
  return bytes;
}
