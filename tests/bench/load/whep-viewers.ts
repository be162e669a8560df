// Watches by WHEP many times over. Every packet is decrypted by libdatachannel and counted; none is decoded. Prints `ready`,
// then on each line of the input the packets so far.
// Usage: node tests/bench/load/whep-viewers.ts WHEP_URL COUNT
import { createInterface } from 'node:readline';
import ndc from 'node-datachannel';
import { openRtcPeer, type RtcPeer } from '#tests/support/rtc-peer.ts';

const [whepUrl, count] = process.argv.slice(2);
const peers: RtcPeer[] = [];
let packets = 0;
for (let i = 0; i < Number(count); i++) {
  const peer = await openRtcPeer({ direction: 'recvonly', kinds: ['video', 'audio'] });
  const response = await fetch(whepUrl!, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', 'x-forwarded-for': `192.0.2.${i % 250}` },
    body: peer.offer,
  });
  if (response.status !== 201) throw new Error(`WHEP was refused: ${await response.text()}`);
  peer.onPacket(() => packets++);
  peer.answer(await response.text());
  await peer.opened;
  peers.push(peer);
}
console.log('ready');
createInterface({ input: process.stdin })
  .on('line', () => console.log(packets))
  .once('close', () => {
    for (const peer of peers) peer.close();
    ndc.cleanup();
    process.exit(0);
  });
