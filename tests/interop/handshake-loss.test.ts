import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { endRtcLibrary, openRtcPeer } from '#tests/support/rtc-peer.ts';
import { freeUdpPort } from '#tests/support/udp.ts';
import { startUdpRelay } from '#tests/support/udp-relay.ts';
import {
  startWebrtcServer,
  TEST_BROADCAST,
  TEST_TOKEN,
  type WebrtcServer,
} from '#tests/support/webrtc-server.ts';

/** ICE checks, four flights of DTLS, and what goes over them at first. */
const PACKETS = 12;

describe('a handshake that loses a packet', () => {
  let server: WebrtcServer;
  let rtcPort: number;
  before(async () => {
    rtcPort = await freeUdpPort();
    server = await startWebrtcServer({ rtcPort });
  });
  after(async () => {
    await server.close();
    endRtcLibrary();
  });

  /** Connects a publisher by a way that loses one packet; whatever it was, there are more where it came from. */
  async function connectLosing(direction: 'up' | 'down', lost: number): Promise<void> {
    const relay = await startUdpRelay(rtcPort);
    relay.loses = (way, number) => way === direction && number === lost;
    const peer = await openRtcPeer({ direction: 'sendonly', kinds: ['audio', 'video'] });
    try {
      const response = await fetch(`${server.url}/whip/${TEST_BROADCAST}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/sdp',
          authorization: `Bearer ${TEST_TOKEN}`,
          'if-match': '*',
        },
        body: peer.offer,
      });
      assert.equal(response.status, 201, await response.clone().text());
      const answer = await response.text();
      peer.answer(answer.replace(/(a=candidate:\S+ \d+ udp \d+ \S+) \d+/gi, `$1 ${relay.port}`));
      await peer.opened;
    } finally {
      peer.close();
      relay.close();
    }
  }

  for (const direction of ['up', 'down'] as const)
    it(`connects whichever of its first ${PACKETS} packets is lost on the way ${direction}`, async () => {
      for (let lost = 1; lost <= PACKETS; lost++) await connectLosing(direction, lost);
    });
});
