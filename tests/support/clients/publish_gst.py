"""Publishes by WHIP with GStreamer's webrtcbin: publish_gst.py URL TOKEN SECONDS [--no-sound] [--sets-in-sdp].

`--sets-in-sdp`: parameter sets stand in the offer (`sprop-parameter-sets`) and never among the pictures. Says `publishing`
once it is connected.
"""

import sys

from gst_webrtc import Exchange, Gst, GstWebRTC, request
from gi.repository import GLib

url, token, seconds, *rest = sys.argv[1:]

PICTURES = """
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1
    ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bframes=0 option-string=scenecut=0
    ! video/x-h264,profile=constrained-baseline ! h264parse ! video/x-h264,stream-format={form} ! identity name=nals
    ! rtph264pay name=pay config-interval={interval} aggregate-mode=zero-latency
    ! application/x-rtp,media=video,encoding-name=H264,payload=96{sets} ! webrtc.
"""
SOUND = """
  audiotestsrc is-live=true freq=440 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay
    ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! webrtc.
"""


def sets_of_encoder():
    """What rtph264pay puts into its caps for what this encoder makes."""
    text = PICTURES.format(form="avc", interval=0, sets="").replace("! webrtc.", "! fakesink")
    pipeline = Gst.parse_launch(text)
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_state(20 * Gst.SECOND)
    caps = pipeline.get_by_name("pay").get_static_pad("src").get_current_caps()
    pipeline.set_state(Gst.State.NULL)
    return caps.get_structure(0).get_string("sprop-parameter-sets")


def without_sets(_, info):
    """Drops parameter sets, each of which is a buffer of its own: a start code, then the NAL unit."""
    start = info.get_buffer().extract_dup(0, 5)
    kind = (start[4] if start[2] == 0 else start[3]) & 31
    return Gst.PadProbeReturn.DROP if kind in (7, 8) else Gst.PadProbeReturn.OK


def description():
    sound = "" if "--no-sound" in rest else SOUND
    if "--sets-in-sdp" not in rest:
        return f"webrtcbin name=webrtc bundle-policy=max-bundle {PICTURES.format(form='avc', interval=-1, sets='')} {sound}"
    sets = f',packetization-mode=(string)1,profile-level-id=(string)42c015,sprop-parameter-sets=(string)"{sets_of_encoder()}"'
    pictures = PICTURES.format(form="byte-stream,alignment=nal", interval=0, sets=sets)
    return f"webrtcbin name=webrtc bundle-policy=max-bundle {pictures} {sound}"


pipeline = Gst.parse_launch(description())
webrtc = pipeline.get_by_name("webrtc")
if "--sets-in-sdp" in rest:
    pipeline.get_by_name("nals").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, without_sets)
for i in range(2):
    transceiver = webrtc.emit("get-transceiver", i)
    if transceiver is not None:
        transceiver.props.direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
loop = GLib.MainLoop()
exchange = Exchange(webrtc, url, token, loop)
patience = GLib.timeout_add(60_000, loop.quit)


def connected(element, _):
    if element.props.connection_state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
        print("publishing", flush=True)
        GLib.source_remove(patience)
        GLib.timeout_add(int(float(seconds) * 1000), loop.quit)


webrtc.connect("notify::connection-state", connected)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
if exchange.session is not None:
    request("DELETE", exchange.session, token).close()
pipeline.set_state(Gst.State.NULL)
if exchange.failed:
    sys.exit(f"{exchange.failed}: {getattr(exchange.failed, 'read', bytes)().decode()}")
