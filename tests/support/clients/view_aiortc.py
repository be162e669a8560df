"""Watches by WHEP with aiortc until so many pictures were decoded, and measures: view_aiortc.py URL PICTURES [--no-sound]."""

import asyncio
import sys

from aiortc import RTCPeerConnection
from measure import Measure
from whip import connect, delete


async def listen(track, measure):
    while True:
        frame = await track.recv()
        measure.sound(bytes(frame.planes[0])[: frame.samples * 4])


async def main(url, wanted, *rest):
    peer = RTCPeerConnection()
    video = peer.addTransceiver("video", direction="recvonly").receiver
    audio = None
    if "--no-sound" not in rest:
        audio = peer.addTransceiver("audio", direction="recvonly").receiver
    session = await connect(peer, url)
    measure = Measure()
    listening = audio and asyncio.ensure_future(listen(audio.track, measure))
    while measure.pictures < int(wanted) or (listening and measure.loudness == 0):
        measure.picture(await asyncio.wait_for(video.track.recv(), 20))
    if listening:
        listening.cancel()
    delete(session)
    measure.report()
    await peer.close()


asyncio.run(main(*sys.argv[1:]))
