"""Watches by WHEP with GStreamer's webrtcbin until so many pictures were decoded, and measures: view_gst.py URL PICTURES."""

import sys

from gst_webrtc import Exchange, Gst, GstWebRTC, request
from gi.repository import GLib
from measure import Measure

url, wanted = sys.argv[1:]
measure = Measure()
loop = GLib.MainLoop()
pipeline = Gst.Pipeline.new()
webrtc = Gst.parse_launch("webrtcbin bundle-policy=max-bundle")
pipeline.add(webrtc)

SINKS = {
    "video": "rtph264depay ! avdec_h264 ! videoconvert ! videoscale ! video/x-raw,format=GRAY8,width=64,height=36"
    " ! appsink name=sink emit-signals=true sync=false",
    "audio": "rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=2"
    " ! appsink name=sink emit-signals=true sync=false",
}


def taken(sink, kind):
    sample = sink.emit("pull-sample")
    data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
    if kind == "audio":
        measure.sound(data)
    else:
        measure.pictures += 1
        measure.width = 64
        measure.gray(data)
    if measure.pictures >= int(wanted) and measure.loudness > 0:
        loop.quit()
    return Gst.FlowReturn.OK


def added(_, pad):
    if pad.get_direction() != Gst.PadDirection.SRC:
        return
    kind = pad.get_current_caps().get_structure(0).get_string("media")
    branch = Gst.parse_bin_from_description(SINKS[kind], True)
    pipeline.add(branch)
    branch.get_by_name("sink").connect("new-sample", taken, kind)
    branch.sync_state_with_parent()
    pad.link(branch.get_static_pad("sink"))


webrtc.connect("pad-added", added)
for kind, encoding in (("video", "H264,clock-rate=90000,packetization-mode=(string)1"), ("audio", "OPUS,clock-rate=48000")):
    caps = Gst.caps_from_string(f"application/x-rtp,media={kind},encoding-name={encoding},payload={96 + (kind == 'audio')}")
    webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, caps)
exchange = Exchange(webrtc, url, None, loop)
pipeline.set_state(Gst.State.PLAYING)
GLib.timeout_add(30_000, loop.quit)
loop.run()
if exchange.session is not None:
    request("DELETE", exchange.session).close()
measure.report()
pipeline.set_state(Gst.State.NULL)
if exchange.failed:
    sys.exit(f"{exchange.failed}: {getattr(exchange.failed, 'read', bytes)().decode()}")
