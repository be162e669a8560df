/** What stands between a person and their camera, in words, with what to do about it. */
export interface CameraProblem {
  readonly title: string;
  readonly advice: string;
}

export interface CameraWish {
  readonly cameraId?: string;
  readonly microphoneId?: string;
  readonly facing: 'user' | 'environment';
}

/** Opens camera and microphone as wished; a wish that cannot be met is forgotten rather than refused. Throws DOMException. */
export async function openCamera(wish: CameraWish): Promise<MediaStream> {
  if (!globalThis.isSecureContext || navigator.mediaDevices === undefined) {
    throw new DOMException('No camera on an insecure origin', 'SecurityError');
  }
  try {
    return await navigator.mediaDevices.getUserMedia(constraintsOf(wish));
  } catch (error) {
    if ((error as DOMException).name !== 'OverconstrainedError') throw error;
    return navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  }
}

function constraintsOf(wish: CameraWish): MediaStreamConstraints {
  const camera =
    wish.cameraId === undefined ? { facingMode: wish.facing } : { deviceId: { exact: wish.cameraId } };
  return {
    video: { ...camera, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
    audio: {
      ...(wish.microphoneId === undefined ? {} : { deviceId: { exact: wish.microphoneId } }),
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
    },
  };
}

const PROBLEMS: Readonly<Record<string, CameraProblem>> = {
  SecurityError: {
    title: 'The camera needs a secure address.',
    advice: 'Open this page by https, or on this computer as localhost.',
  },
  NotAllowedError: {
    title: 'Skylark may not use the camera.',
    advice: 'Allow camera and microphone beside the address of this page, then try again.',
  },
  NotFoundError: {
    title: 'No camera or no microphone was found.',
    advice: 'Connect one, then try again.',
  },
  NotReadableError: {
    title: 'The camera or the microphone is in use.',
    advice: 'Close the other program that uses it, then try again.',
  },
};

export function cameraProblemOf(thrown: unknown): CameraProblem {
  const name = thrown instanceof DOMException ? thrown.name : '';
  return (
    PROBLEMS[name] ?? {
      title: 'The camera does not start.',
      advice: 'Disconnect it, connect it again, and try once more.',
    }
  );
}

export interface Devices {
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
}

/** What there is to choose from; names are known once the camera has been allowed. */
export async function listDevices(): Promise<Devices> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const named = (kind: MediaDeviceKind) =>
    devices.filter(device => device.kind === kind && device.deviceId !== '');
  return { cameras: named('videoinput'), microphones: named('audioinput') };
}
