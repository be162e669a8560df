// Publishes a drawn landscape and a soft chord by WHIP until it is told to stop: for the demo and for measurements.
// Usage: node tools/synthetic-publisher.ts --whip-url URL --token TOKEN
import { parseArgs } from 'node:util';
import ndc from 'node-datachannel';
import { packetizeH264 } from '../src/media/h264/packetizer.ts';
import { Camera, FRAMES_PER_SECOND } from './synthetic/camera.ts';
import { Microphone } from './synthetic/microphone.ts';
import { Uplink } from './synthetic/uplink.ts';

const { values } = parseArgs({ options: { 'whip-url': { type: 'string' }, token: { type: 'string' } } });
const whipUrl = values['whip-url'];
const token = values.token;
if (!whipUrl || !token) {
  console.error('Usage: node tools/synthetic-publisher.ts --whip-url URL --token TOKEN');
  process.exit(2);
}

let isStopping = false;
const uplink = await Uplink.connect(whipUrl, token, {
  keyframeWanted: () => camera.wantKeyframe(),
  closed: () => void stop(1, 'the server ended the session'),
});
const startMs = performance.now();
const failed = (cause: Error) => void stop(1, cause.message);
const camera = new Camera({ unit: (nals, ms) => uplink.video.push(packetizeH264(nals), ms, true), failed });
const microphone = new Microphone({ packet: (bytes, ms) => uplink.audio.push([bytes], ms, false), failed });
const clockMs = () => performance.now() - startMs;
const timers = [
  setInterval(() => camera.shoot(clockMs()), 1000 / FRAMES_PER_SECOND),
  setInterval(() => microphone.listen(clockMs()), 10),
  setInterval(() => {
    uplink.video.report(clockMs());
    uplink.audio.report(clockMs());
  }, 1000),
];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
console.log(`publishing to ${whipUrl}`);

/** Says goodbye to the server, then goes. */
async function stop(code: number, why?: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  if (why) console.error(`synthetic publisher: ${why}`);
  for (const timer of timers) clearInterval(timer);
  await uplink.end().catch(() => {});
  camera.close();
  microphone.close();
  ndc.cleanup();
  process.exit(code);
}
