"""A real web server on loopback that does what networks do to a class, and a real proxy.

with FaultServer() as server:
    server.put("photos.zip", content, cuts=[1000, 70_000])
    ...  # fetch server.url("photos.zip")
    server.requests  # what was asked, and how many bytes of content were sent
"""

import gzip
import http.client
import re
import select
import socket
import ssl
import struct
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BLOCK = 16384  # bytes a write


@dataclass
class Served:
    """One path of the server, and its faults. They may be switched while it serves.

    Attributes
    ----------
    content : bytes
    ranges : bool
        Whether Range is heeded.
    etag : str or None
        The entity tag.
    first : list of (int, dict)
        Status and headers of the first answers, one of which is used up by each request.
    cuts : list of int, or callable
        Positions in the file at which connections break, one for each request; or a function of
        the request's first position.
    reset : bool
        Whether a cut is a reset instead of an end.
    hang_at : int or None
        The position at which bytes stop, though the connection stays; -1: before the headers.
    drip : (int, float) or None
        Bytes, and seconds after them.
    declared : int or None
        The Content-Length that is told, true or not.
    length : str
        "told", "chunked" or "close" (neither: the end is where the connection ends).
    encoded : str or None
        "gzip": compressed on the way, whatever was asked. "label": only called so.
    shift : int
        Added to where a piece is said to start and starts.
    page : bool
        Whether a log-in page is sent instead.
    most : int or None
        Bytes that one piece has at most.
    """

    content: bytes
    ranges: bool = True
    etag: str | None = '"one"'
    kind: str = "application/octet-stream"
    first: list = field(default_factory=list)
    cuts: object = ()
    reset: bool = False
    hang_at: int | None = None
    drip: tuple | None = None
    declared: int | None = None
    length: str = "told"
    encoded: str | None = None
    shift: int = 0
    page: bool = False
    most: int | None = None


@dataclass
class Request:
    """What was asked, and what was sent."""

    path: str
    headers: dict
    status: int = 0
    begin: int = 0
    sent: int = 0

    @property
    def start(self):
        """Return the first position asked for, 0 without a Range."""
        found = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        return int(found[1]) if found else 0


class FaultServer:
    """Serve paths with faults, in threads. A context manager."""

    def __init__(self, certificate=None, port=0):
        self.paths, self.requests, self.lock = {}, [], threading.Lock()
        self.stopping, self.released = threading.Event(), threading.Event()
        self.server = _Quiet(("127.0.0.1", port), _Handler)
        self.server.fault_server = self
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def put(self, path, content, **faults):
        """Serve bytes at a path."""
        self.paths["/" + path] = Served(content, **faults)
        return self.paths["/" + path]

    def redirect(self, path, to, status=302):
        """Send those who ask for a path elsewhere, always."""
        self.paths["/" + path] = Served(b"", first=[(status, {"Location": to})] * 1000)

    def url(self, path):
        """Return the address of a path."""
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}/{path}"

    def release(self):
        """Let those that hang go on; from now on nothing hangs."""
        self.released.set()

    def asked(self, path):
        """Return the requests for one path."""
        with self.lock:
            return [request for request in self.requests if request.path == "/" + path]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Say nothing of clients that go away: that is what this server is for."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        owner = self.server.fault_server
        request = Request(self.path, dict(self.headers))
        with owner.lock:
            owner.requests.append(request)
            served = owner.paths.get(self.path)
            status = served.first.pop(0) if served and served.first else None
            cuts = served.cuts if served else ()
            cut = cuts.pop(0) if isinstance(cuts, list) and cuts else None
        if served is None:
            status = (404, {})
        elif callable(cuts):
            cut = cuts(request.start)
        if status:
            self._only(request, *status)
        elif served.page:
            self._only(
                request, 200, {"Content-Type": "text/html"}, b"<!DOCTYPE html>\n<p>Log in</p>"
            )
        else:
            with suppress(ConnectionError):
                self._serve(request, served, cut)

    def _only(self, request, status, headers, body=b"what a pity"):
        request.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _serve(self, request, served, cut):
        if served.hang_at == -1 and not self._hang():
            return
        content = gzip.compress(served.content) if served.encoded == "gzip" else served.content
        start, end = 0, len(content)
        request.status = 200
        if served.ranges and "Range" in self.headers:
            start = request.start + served.shift
            if start >= end:
                return self._only(request, 416, {"Content-Range": f"bytes */{end}"}, b"")
            request.status = 206
            end = min(end, start + (served.most or end))
        request.begin = start
        self.send_response(request.status)
        self.send_header("Content-Type", served.kind)
        if served.etag:
            self.send_header("ETag", served.etag)
        if served.encoded:
            self.send_header("Content-Encoding", "gzip")
        if request.status == 206:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        if served.length == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif served.length == "told":
            told = end - start if served.declared is None else served.declared - start
            self.send_header("Content-Length", str(told))
        if served.length == "close" or served.declared is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        stop = end if cut is None else max(min(cut, end), start)
        if served.hang_at is not None:
            pause = max(min(served.hang_at, stop), start)
            self._send(request, served, content[start:pause])
            if not self._hang():
                return
            start = pause
        self._send(request, served, content[start:stop])
        if stop < end:
            self._break(served.reset)
        elif served.length == "chunked":
            self.wfile.write(b"0\r\n\r\n")

    def _send(self, request, served, content):
        size, pause = served.drip or (BLOCK, 0)
        for at in range(0, len(content), size):
            piece = content[at : at + size]
            frame = b"%x\r\n%s\r\n" % (len(piece), piece)
            self.wfile.write(frame if served.length == "chunked" else piece)
            request.sent += len(piece)
            if pause and self.server.fault_server.stopping.wait(pause):
                return

    def _hang(self):
        """Send nothing until the client goes away, or until all may go on: then return True."""
        owner = self.server.fault_server
        while not owner.released.is_set():
            if owner.stopping.is_set() or select.select([self.connection], [], [], 0.02)[0]:
                self._break(False)
                return False
        return True

    def _break(self, reset):
        self.close_connection = True
        if reset:  # what lies in the buffers is lost, as behind a router that restarts
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)


class Proxy:
    """A small real proxy: passes GET on and opens tunnels. `seen` lists what it was asked for."""

    def __init__(self):
        self.seen = []
        self.server = _Quiet(("127.0.0.1", 0), _ProxyHandler)
        self.server.seen = self.seen
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()


class _ProxyHandler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.seen.append(("GET", self.path))
        parts = urlsplit(self.path)
        # Names that no resolver knows are answered here, as a campus proxy does for a student.
        host = "127.0.0.1" if parts.hostname.endswith(".invalid") else parts.hostname
        behind = http.client.HTTPConnection(host, parts.port, timeout=10)
        behind.request("GET", parts.path, headers=dict(self.headers))
        answer = behind.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Connection", "Date", "Server"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.read())
        behind.close()

    def do_CONNECT(self):
        self.server.seen.append(("CONNECT", self.path))
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as behind:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: behind, behind: self.connection}
            until = time.monotonic() + 20
            while time.monotonic() < until:
                for end in select.select(list(ends), [], [], 0.1)[0]:
                    data = end.recv(BLOCK)
                    if not data:
                        return
                    ends[end].sendall(data)
