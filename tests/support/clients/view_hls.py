"""Watches by HLS with the demuxer of FFmpeg 8 until so many pictures were decoded, and measures: view_hls.py URL PICTURES [--no-sound]."""

import sys

import av
from measure import Measure

url, wanted, *rest = sys.argv[1:]
measure = Measure()
stereo = av.AudioResampler(format="s16", layout="stereo", rate=48000)
with av.open(url, timeout=20, options={"live_start_index": "-2"}) as container:
    streams = [container.streams.video[0], *container.streams.audio[:1]]
    for packet in container.demux(*streams):
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                measure.picture(frame)
            else:
                for samples in stereo.resample(frame):
                    measure.sound(bytes(samples.planes[0])[: samples.samples * 4])
        if measure.pictures >= int(wanted) and (measure.loudness > 0 or "--no-sound" in rest):
            break
measure.report()
