"""WHIP and WHEP for GStreamer's webrtcbin: an offer with all its candidates, and the answer."""

import os
import urllib.request
from urllib.parse import urljoin

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

Gst.init(None)


def request(method, url, token=None, body=None):
    headers = {"content-type": "application/sdp"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else body.encode()
    return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=20)


class Exchange:
    """Negotiates as soon as the pipeline asks for it; `session` is the address to delete, `failed` why it did not work.

    One offer is made. webrtcbin asks for it in another thread as soon as it leaves NULL, whatever it knows then: all
    transceivers have to be there before.
    """

    def __init__(self, webrtc, url, token, loop):
        if webrtc.current_state != Gst.State.NULL or webrtc.emit("get-transceiver", 0) is None:
            raise RuntimeError("an exchange begins in NULL, after the transceivers")
        self.session = None
        self.failed = None
        self._url, self._token, self._loop = url, token, loop
        self._posted = False
        self._webrtc = webrtc
        # libnice leaves loopback out unless it is named.
        self._ice = webrtc.get_property("ice-agent")
        self._ice.emit("add-local-ip-address", "127.0.0.1")
        webrtc.connect("on-negotiation-needed", self._offer)
        webrtc.connect("notify::ice-gathering-state", self._gathered)

    def _offer(self, webrtc):
        def created(promise):
            promise.wait()
            # The offer lies in the reply, which has to outlive it.
            reply = promise.get_reply()
            webrtc.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

        webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(created))

    def _gathered(self, webrtc, _):
        if self._posted or webrtc.props.ice_gathering_state != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        self._posted = True
        try:
            self._exchange(webrtc.props.local_description.sdp.as_text())
        except Exception as error:  # what goes wrong here has to end the main loop
            self.failed = error
            GLib.idle_add(self._loop.quit)  # also where the loop does not run yet

    def _exchange(self, offer):
        if os.environ.get("PRINT_OFFER"):
            print(offer, flush=True)
        with request("POST", self._url, self._token, offer) as response:
            answer = response.read()
            self.session = urljoin(self._url, response.headers["location"])
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(answer, message)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self._webrtc.emit("set-remote-description", description, Gst.Promise.new())
