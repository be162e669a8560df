"""Publishes by WHIP with aiortc: publish_aiortc.py URL TOKEN SECONDS [--no-sound]. Says `publishing` once it is connected."""

import asyncio
import sys
import time
from fractions import Fraction

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender
from scene import pictures, tone
from whip import connect, delete


class Track(MediaStreamTrack):
    def __init__(self, kind, frames, ticks, rate):
        super().__init__()
        self.kind = kind
        self._frames, self._ticks, self._rate = frames, ticks, rate
        self._count = 0
        self._started = time.monotonic()

    async def recv(self):
        frame = next(self._frames)
        frame.pts, frame.time_base = self._count * self._ticks, Fraction(1, self._rate)
        await asyncio.sleep(max(0.0, self._started + frame.pts / self._rate - time.monotonic()))
        self._count += 1
        return frame


async def main(url, token, seconds, *rest):
    peer = RTCPeerConnection()
    if "--no-sound" not in rest:
        peer.addTransceiver(Track("audio", tone(), 960, 48000), direction="sendonly")
    video = peer.addTransceiver(Track("video", pictures(), 3000, 90000), direction="sendonly")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    video.setCodecPreferences([codec for codec in codecs if codec.mimeType in ("video/H264", "video/rtx")])
    session = await connect(peer, url, token)
    print("publishing", flush=True)
    await asyncio.sleep(float(seconds))
    delete(session, token)
    await peer.close()


asyncio.run(main(*sys.argv[1:]))
