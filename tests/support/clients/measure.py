"""What was seen and heard, as figures: pictures, how far they differ from the first, and the loudest sound."""

import array
import json
import math


class Measure:
    def __init__(self):
        self.pictures = 0
        self.motion = 0.0
        self.loudness = 0.0
        self.width = 0
        self._first = None

    def picture(self, frame):
        """Takes an av.VideoFrame. Motion is the greatest mean difference from the first one, 0 to 255."""
        self.pictures += 1
        self.width = frame.width
        self.gray(bytes(frame.reformat(width=64, height=36, format="gray").planes[0]))

    def gray(self, shown):
        """Takes the bytes of a small gray picture."""
        if self._first is None:
            self._first = shown
        difference = sum(abs(a - b) for a, b in zip(self._first, shown)) / len(shown)
        self.motion = max(self.motion, difference)

    def sound(self, samples):
        """Takes signed 16-bit samples as bytes."""
        values = array.array("h", samples)
        if values:
            self.loudness = max(self.loudness, math.sqrt(sum(v * v for v in values) / len(values)) / 32768)

    def report(self):
        print(json.dumps({k: v for k, v in vars(self).items() if not k.startswith("_")}), flush=True)
