// Joins by WHEP with many viewers at the same moment. Prints how each offer was answered, {"201": 80}, and when every viewer that
// was let in has had a packet, `playing`. Usage: node tests/bench/load/whep-crowd.ts WHEP_URL COUNT
import ndc from 'node-datachannel';
import { openRtcPeer } from '#tests/support/rtc-peer.ts';

const [whepUrl, count] = process.argv.slice(2);
const peers = await Promise.all(
  Array.from({ length: Number(count) }, () =>
    openRtcPeer({ direction: 'recvonly', kinds: ['video', 'audio'] }),
  ),
);
const statuses: Record<string, number> = {};
const playing: Promise<void>[] = [];
await Promise.all(
  peers.map(async peer => {
    const headers = { 'content-type': 'application/sdp' };
    const response = await fetch(whepUrl!, { method: 'POST', headers, body: peer.offer });
    const answer = await response.text();
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    if (response.status !== 201) return;
    playing.push(new Promise(resolve => peer.onPacket(() => resolve())));
    peer.answer(answer);
  }),
);
console.log(JSON.stringify(statuses));
await Promise.all(playing);
console.log('playing');
process.once('SIGTERM', () => {
  for (const peer of peers) peer.close();
  ndc.cleanup();
  process.exit(0);
});
