"""The HTTP of WHIP and WHEP (RFC 9725), for aiortc."""

import asyncio
import urllib.request
from urllib.parse import urljoin

from aiortc import RTCSessionDescription


def request(method, url, token=None, body=None):
    headers = {"content-type": "application/sdp"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else body.encode()
    return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=20)


def delete(session, token=None):
    request("DELETE", session, token).close()


async def connect(peer, url, token=None):
    """Offers, takes the answer and waits for the connection; gives the address of the session."""
    connected = asyncio.get_running_loop().create_future()

    @peer.on("connectionstatechange")
    def changed():
        if connected.done():
            return
        if peer.connectionState == "connected":
            connected.set_result(None)
        elif peer.connectionState in ("failed", "closed"):
            connected.set_exception(RuntimeError(f"connection {peer.connectionState}"))

    await peer.setLocalDescription(await peer.createOffer())
    with await asyncio.to_thread(request, "POST", url, token, peer.localDescription.sdp) as response:
        answer = response.read().decode()
        session = urljoin(url, response.headers["location"])
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(connected, 20)
    return session
