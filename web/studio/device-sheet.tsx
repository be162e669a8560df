import { useEffect, useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { type Devices, listDevices } from './camera.ts';
import type { Studio } from './studio.ts';
import './sheets.css';

/** Which camera, which microphone. */
export function DeviceSheet({ studio, onClose }: { readonly studio: Studio; readonly onClose: () => void }) {
  const [devices, setDevices] = useState<Devices>({ cameras: [], microphones: [] });
  useEffect(() => {
    const load = () => void listDevices().then(setDevices);
    load();
    navigator.mediaDevices.addEventListener('devicechange', load);
    return () => navigator.mediaDevices.removeEventListener('devicechange', load);
  }, []);
  const used = (kind: 'audio' | 'video') =>
    studio.camera.value
      ?.getTracks()
      .find(track => track.kind === kind)
      ?.getSettings().deviceId;
  return (
    <Sheet label="Camera and microphone" onClose={onClose}>
      <div class="device-sheet">
        <h2>Camera and microphone</h2>
        <Choice
          label="Camera"
          devices={devices.cameras}
          chosen={used('video')}
          onChoose={cameraId => void studio.frame({ cameraId })}
        />
        <Choice
          label="Microphone"
          devices={devices.microphones}
          chosen={used('audio')}
          onChoose={microphoneId => void studio.frame({ microphoneId })}
        />
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Sheet>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly devices: readonly MediaDeviceInfo[];
  readonly chosen: string | undefined;
  readonly onChoose: (deviceId: string) => void;
}

function Choice({ label, devices, chosen, onChoose }: ChoiceProps) {
  return (
    <label class="device-choice">
      {label}
      <select
        value={chosen}
        onChange={event => onChoose(event.currentTarget.value)}
        disabled={devices.length < 2}
      >
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `${label} ${index + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}
