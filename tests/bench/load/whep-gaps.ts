// Watches by WHEP without decoding, and tells how long pictures stood still and how late they came. Prints `ready` after the
// first picture; at a line `begin` it forgets, at any other it prints {"worstGapMs", "delaysMs"} since.
// Usage: node tests/bench/load/whep-gaps.ts WHEP_URL FRAME_MS
import { createInterface } from 'node:readline';
import ndc from 'node-datachannel';
import { parseRtp } from '#media/rtp/packet.ts';
import { openRtcPeer } from '#tests/support/rtc-peer.ts';
import { readStamp, wallMs } from './stamp.ts';

const [whepUrl, frameMs] = process.argv.slice(2);
const peer = await openRtcPeer({ direction: 'recvonly', kinds: ['video', 'audio'] });
const response = await fetch(whepUrl!, {
  method: 'POST',
  headers: { 'content-type': 'application/sdp' },
  body: peer.offer,
});
if (response.status !== 201) throw new Error(`WHEP was refused: ${await response.text()}`);
let sentMs: number | null = null;
let last: { sentMs: number; cameMs: number } | null = null;
let worstGapMs = 0;
let delaysMs: number[] = [];
peer.onPacket((kind, bytes) => {
  if (kind !== 'video') return;
  const packet = parseRtp(bytes);
  if (!packet) return;
  sentMs = readStamp(bytes as Buffer) ?? sentMs;
  if (!packet.marker || sentMs === null) return;
  pictureCame(sentMs, wallMs());
  sentMs = null;
});
peer.answer(await response.text());
await peer.opened;

/** The last packet of a picture. What the sender was late with is its own. */
function pictureCame(sentMs: number, cameMs: number): void {
  if (!last) console.log('ready');
  else {
    const lateMs = Math.max(0, sentMs - last.sentMs - Number(frameMs));
    worstGapMs = Math.max(worstGapMs, cameMs - last.cameMs - lateMs);
  }
  last = { sentMs, cameMs };
  delaysMs.push(cameMs - sentMs);
}

createInterface({ input: process.stdin })
  .on('line', line => {
    if (line === 'begin') {
      worstGapMs = 0;
      delaysMs = [];
      return;
    }
    // A picture that still stands is a gap, too.
    const standingMs = last ? wallMs() - last.cameMs - Number(frameMs) : 0;
    const delays = delaysMs.map(ms => Math.round(ms * 100) / 100);
    console.log(JSON.stringify({ worstGapMs: Math.max(worstGapMs, standingMs), delaysMs: delays }));
  })
  .once('close', () => {
    peer.close();
    ndc.cleanup();
    process.exit(0);
  });
