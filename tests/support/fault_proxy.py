"""A registry in front of a registry: forwards everything and goes wrong on request.

The proxy speaks HTTP (with TLS if given a certificate) to the client and to the registry behind it, answers with bearer
tokens of its own if asked to, and counts the bytes of blobs that it sends.
"""

import base64
import http.client
import json
import random
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BLOCK = 64 * 1024


class Faults:
    """What goes wrong; a test sets the fields, the proxy counts down."""

    def __init__(self):
        self.token_login = None      # (user, password): the proxy asks for tokens and gives them for this login
        self.token_requests = 10**9  # requests that one token is good for
        self.token_seconds = 10**9
        self.statuses = []           # [(status, Retry-After or None)]: answers to the next requests of blobs
        self.manifest_statuses = []  # the same, of manifests
        self.cuts = []               # sizes: the next blob answers end after so many bytes
        self.reset = False           # cut by RST instead of FIN
        self.flip = False            # turn one bit in the middle of each blob
        self.shorten = 0             # leave so many bytes out at the end, and say so in Content-Length
        self.understate = 0          # leave so many bytes out at the end of each body, and keep Content-Length
        self.bytes_per_second = None


class Counts:
    def __init__(self):
        self.blob_bytes = 0
        self.blob_requests = 0
        self.ranges = []  # first byte of each blob request that had a Range
        self.tokens = 0
        self.refused_tokens = 0
        self.authorizations = []


class FaultProxy:
    """`login` is what the proxy itself uses at the registry behind it; `certificate` is (certificate file, key file)."""

    def __init__(self, upstream_port, upstream_ca, login, certificate=None):
        self.upstream_port = upstream_port
        self.upstream_context = ssl.create_default_context(cafile=upstream_ca)
        self.login = login
        self.faults, self.counts = Faults(), Counts()
        self.lock = threading.Lock()
        self.uses = {}  # token -> [requests left, when it ends]
        self.random = random.Random(1)
        proxy = self

        class Handler(_Handler):
            pass

        Handler.proxy = proxy
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def start_over(self):
        with self.lock:
            self.faults, self.counts, self.uses = Faults(), Counts(), {}

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def make_token(self):
        with self.lock:
            self.counts.tokens += 1
            token = f"ticket-{self.counts.tokens}-{self.random.getrandbits(64):x}"
            self.uses[token] = [self.faults.token_requests, time.monotonic() + self.faults.token_seconds]
            return token

    def takes(self, token):
        with self.lock:
            use = self.uses.get(token, [0, 0])
            if use[0] <= 0 or time.monotonic() > use[1]:
                self.counts.refused_tokens += 1
                return False
            use[0] -= 1
            return True

    def pop(self, items):
        with self.lock:
            return items.pop(0) if items else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, OSError):
            pass  # the client hung up

    def do_GET(self):
        if self.path.startswith("/token"):
            return self.give_token()
        return self.forward()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def give_token(self):
        user, password = self.proxy.faults.token_login
        wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            return self.answer(401)
        scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
        if not scope.startswith("repository:"):
            return self.answer(400)
        body = json.dumps({"token": self.proxy.make_token(), "expires_in": 60}).encode()
        return self.answer(200, [("Content-Type", "application/json")], body)

    def may_pass(self):
        """With tokens on: whether this request has a good one; else it is answered."""
        if not self.proxy.faults.token_login:
            return True
        field = self.headers.get("Authorization", "")
        if field.startswith("Bearer ") and self.proxy.takes(field[7:]):
            return True
        realm = f'{self.proxy.scheme}://{self.proxy.host}/token'
        self.answer(401, [("WWW-Authenticate", f'Bearer realm="{realm}",service="fault proxy"')])
        return False

    def forward(self):
        proxy = self.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_blob = self.command == "GET" and "/blobs/sha256:" in self.path
        with proxy.lock:
            proxy.counts.authorizations.append(self.headers.get("Authorization"))
        if not self.may_pass():
            return None
        if is_blob and (fault := proxy.pop(proxy.faults.statuses)) or \
                "/manifests/" in self.path and (fault := proxy.pop(proxy.faults.manifest_statuses)):
            status, wait = fault
            return self.answer(status, [("Retry-After", str(wait))] if wait is not None else [])
        upstream = http.client.HTTPSConnection("127.0.0.1", proxy.upstream_port, context=proxy.upstream_context)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("host", "authorization", "content-length", "connection")}
        if proxy.faults.token_login:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(proxy.login).encode()).decode()
        elif "Authorization" in self.headers:
            headers["Authorization"] = self.headers["Authorization"]
        # The registry makes addresses for its clients from the name it was called by.
        headers["Host"] = proxy.host
        upstream.request(self.command, self.path, body=body or None, headers=headers)
        response = upstream.getresponse()
        if is_blob and response.status in (200, 206):
            self.send_blob(response)
        else:
            data = response.read()
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date"):
                    self.send_header(name, value.replace(f"https://{proxy.host}", f"{proxy.scheme}://{proxy.host}"))
            length = response.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(data)
        upstream.close()
        return None

    def send_blob(self, response):
        proxy, faults, counts = self.proxy, self.proxy.faults, self.proxy.counts
        data = bytearray(response.read())
        with proxy.lock:
            counts.blob_requests += 1
            if "Range" in self.headers:
                counts.ranges.append(int(self.headers["Range"].removeprefix("bytes=").split("-")[0]))
        if faults.flip and data:
            data[len(data) // 2] ^= 0x10
        if faults.shorten:
            data = data[:-faults.shorten]
        cut = proxy.pop(faults.cuts)
        self.send_response(response.status)
        for name in ("Content-Type", "Content-Range", "ETag", "Accept-Ranges"):
            if value := response.getheader(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if faults.understate:
            data = data[:-faults.understate]
        self.send_slowly(data if cut is None else data[:cut], faults, counts)
        if faults.understate or (cut is not None and cut < len(data)):
            self.hang_up()

    def send_slowly(self, data, faults, counts):
        for start in range(0, len(data), BLOCK):
            piece = data[start:start + BLOCK]
            with self.proxy.lock:
                counts.blob_bytes += len(piece)
            self.wfile.write(piece)
            if faults.bytes_per_second:
                time.sleep(len(piece) / faults.bytes_per_second)

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        if self.proxy.faults.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
