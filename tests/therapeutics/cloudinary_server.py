"""A server that speaks Cloudinary's upload API, as its documentation defines it.

https://cloudinary.com/documentation/image_upload_api_reference
https://cloudinary.com/documentation/authentication_signatures
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

CLOUD, KEY, SECRET = "practice", "123456789012345", "a-secret-of-this-cloud"
NOT_SIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
Fields = dict[str, bytes]
Answer = tuple[int, object]


def signature(parameters: dict[str, str], secret: str, *, algorithm: str = "sha1") -> str:
    """Return the signature of a request: sorted parameters, the secret, and their digest."""
    signed = sorted(item for item in parameters.items() if item[0] not in NOT_SIGNED)
    text = "&".join(f"{name}={value}" for name, value in signed)
    return hashlib.new(algorithm, (text + secret).encode()).hexdigest()


def multipart(body: bytes, content_type: str) -> Fields:
    """Return the fields of a form as `multipart/form-data` has them (RFC 7578)."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    fields = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if name := re.search(rb'name="([^"]*)"', head):
            fields[name[1].decode()] = content.removesuffix(b"\r\n")
        if filename := re.search(rb'filename="([^"]*)"', head):
            fields["filename"] = filename[1]
    return fields


def error(status: int, message: str) -> Answer:
    return status, {"error": {"message": message}}


class Cloud(ThreadingHTTPServer):
    """One cloud: what it stores, what it was asked, and how it misbehaves when told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stored: dict[str, bytes] = {}
        self.asked: list[tuple[str, Fields]] = []
        self.broken: dict[str, tuple[int, bytes]] = {}  # what it answers to an action instead
        self.fresh = 60 * 60  # seconds that a timestamp may be old
        self.lost: set[str] = set()  # actions that it does, and then gives no good answer to
        self.when_asked: Callable[[], object] = lambda: None
        self.awake = threading.Event()  # it does not answer before this is set
        self.awake.set()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers who hang up: some tests are about those."""

    def address(self, *, key: str = KEY, secret: str = SECRET) -> str:
        """Return the CLOUDINARY_URL of this server."""
        server = quote(f"http://127.0.0.1:{self.server_port}", safe="")
        return f"cloudinary://{key}:{secret}@{CLOUD}?upload_prefix={server}"

    def answer(self, path: str, fields: Fields) -> Answer:
        parameters = {
            name: value.decode()
            for name, value in fields.items()
            if name not in {"file", "filename"}
        }
        if path not in {f"/v1_1/{CLOUD}/image/{action}" for action in ("upload", "destroy")}:
            return error(404, "Resource not found")
        if refusal := self.refusal(parameters):
            return refusal
        if path.endswith("/destroy"):
            gone = self.stored.pop(parameters["public_id"], None)
            return 200, {"result": "ok" if gone else "not found"}
        return self.upload(parameters, fields.get("file", b""))

    def refusal(self, parameters: dict[str, str]) -> Answer | None:
        """Return why the request is not from the owner of this cloud, or None."""
        if parameters.get("api_key") != KEY:
            return error(401, f"Unknown API key {parameters.get('api_key')}")
        age = time.time() - int(parameters.get("timestamp", 0))
        if abs(age) > self.fresh:
            return error(400, "Stale request - reported time is more than 1 hour ago")
        given = parameters.get("signature", "")
        algorithm = {40: "sha1", 64: "sha256"}.get(len(given))
        if not algorithm or given != signature(parameters, SECRET, algorithm=algorithm):
            return error(401, f"Invalid Signature {given}. String to sign - '…'.")
        return None

    def upload(self, parameters: dict[str, str], file: bytes) -> Answer:
        try:
            with Image.open(BytesIO(file)) as image:
                width, height, form = *image.size, str(image.format).lower()
        except UnidentifiedImageError:
            return error(400, "Invalid image file")
        name, version = parameters["public_id"], int(time.time())
        self.stored[name] = file
        proof = {"public_id": name, "version": str(version)}
        return 200, {
            **proof,
            "version": version,
            "signature": signature(proof, SECRET),
            "width": width,
            "height": height,
            "format": "jpg" if form == "jpeg" else form,
            "resource_type": "image",
            "type": "upload",
            "bytes": len(file),
            "secure_url": f"https://res.cloudinary.com/{CLOUD}/image/upload/v{version}/{name}.jpg",
        }


class Handler(BaseHTTPRequestHandler):
    server: Cloud
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = multipart(body, self.headers["Content-Type"])
        action = self.path.rpartition("/")[2]
        self.server.asked.append((action, fields))
        self.server.when_asked()
        self.server.awake.wait()
        if action in self.server.broken:
            status, said = self.server.broken[action]
        else:
            status, answer = self.server.answer(self.path, fields)
            said = json.dumps(answer).encode()
        if action in self.server.lost:
            status, said = 502, b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: object) -> None:
        """Nothing: tests look at what was asked."""


@contextmanager
def running() -> Iterator[Cloud]:
    """Start a cloud of its own for a test, and end it."""
    cloud = Cloud()
    thread = threading.Thread(target=cloud.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield cloud
    finally:
        cloud.awake.set()
        cloud.shutdown()
        cloud.server_close()
        thread.join()
