import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withStereo } from './stereo.ts';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;

test('Opus is asked for in stereo, and nothing else changes', () => {
  const offer = (opus: string) =>
    lines(
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
      'a=rtpmap:111 opus/48000/2',
      opus,
      'a=rtpmap:63 red/48000/2',
      'a=fmtp:63 111/111',
    );
  const asked = offer('a=fmtp:111 minptime=10;useinbandfec=1;stereo=1');
  assert.equal(withStereo(offer('a=fmtp:111 minptime=10;useinbandfec=1')), asked);
  assert.equal(withStereo(asked), asked);
  const mono = offer('a=fmtp:111 stereo=0');
  assert.equal(withStereo(mono), mono, 'what is said is left as it is');
});

test('an SDP without Opus is left as it is', () => {
  const sdp = lines(
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1',
  );
  assert.equal(withStereo(sdp), sdp);
});
