"""Seeks in a replay by key unit with GStreamer (playbin3, hlsdemux2): seek_gst.py URL SECONDS. Says when the first picture and the first sound after it are shown."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
url, asked = sys.argv[1:]
PATIENCE = 20 * Gst.SECOND
sinks = {}
player = Gst.ElementFactory.make("playbin3")
player.set_property("uri", url)
for kind in ("video", "audio"):
    sinks[kind] = Gst.ElementFactory.make("appsink", kind)
    sinks[kind].set_property("sync", False)
    player.set_property(f"{kind}-sink", sinks[kind])


def shown_s(kind):
    """Seconds of the timeline of what this sink holds."""
    sample = sinks[kind].emit("try-pull-preroll", PATIENCE)
    if sample is None:
        sys.exit(f"no {kind} came")
    return sample.get_segment().to_stream_time(Gst.Format.TIME, sample.get_buffer().pts) / Gst.SECOND


def settled():
    """Waits for what both sinks show after a change of state or a seek."""
    result, *_ = player.get_state(PATIENCE)
    if result != Gst.StateChangeReturn.SUCCESS:
        error = player.get_bus().pop_filtered(Gst.MessageType.ERROR)
        sys.exit(f"it did not settle: {result} {error and error.parse_error()}")


player.set_state(Gst.State.PAUSED)
settled()
flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
if not player.seek_simple(Gst.Format.TIME, flags, int(float(asked) * Gst.SECOND)):
    sys.exit(f"it cannot seek to {asked}")
settled()
landed = {kind: shown_s(kind) for kind in sinks}
player.set_state(Gst.State.NULL)
print(json.dumps(landed))
