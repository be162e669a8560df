"""Publishes with the WHIP muxer of FFmpeg 8, by way of PyAV: publish_ffmpeg.py URL TOKEN SECONDS [--no-sound] [muxer options k=v].

Pictures are H.264 without B-frames, sound is Opus, both in real time. Says `publishing` once the muxer has connected.
"""

import sys
import time
from fractions import Fraction

import av
from scene import pictures, tone

url, token, seconds, *rest = sys.argv[1:]
options = dict(word.split("=", 1) for word in rest if "=" in word)

container = av.open(url, "w", format="whip", options={"authorization": token, **options})
video = container.add_stream("libx264", rate=30)
video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
video.options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "g": "30", "bf": "0"}
audio = None
if "--no-sound" not in rest:
    audio = container.add_stream("libopus", rate=48000)
    audio.layout = "stereo"

started = time.monotonic()
said = False
sound = tone()
heard = 0.0
for i, frame in enumerate(pictures()):
    shown = i / 30
    if shown > float(seconds):
        break
    frame.pts, frame.time_base = i, Fraction(1, 30)
    container.mux(video.encode(frame))
    if not said:
        print("publishing", flush=True)
        said = True
    while audio is not None and heard < shown:
        samples = next(sound)
        samples.pts, samples.time_base = round(heard * 48000), Fraction(1, 48000)
        container.mux(audio.encode(samples))
        heard += 0.02
    time.sleep(max(0.0, started + shown - time.monotonic()))
container.close()
