"""Cloudinary is down: the site is not, and who uploads is told soon."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from tests.faults.conftest import client
from tests.faults.prepare import HERO
from tests.faults.visitor import Answer, Visitor, deaf
from tests.therapeutics import cloudinary_server, pictures
from tests.therapeutics.conftest import CHANGE, FIELDS

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

PATIENCE = 2  # seconds
REFUSAL = "Cloudinary did not take the picture, so nothing was saved. Try later."
PICTURE = "SELECT name, hero FROM therapeutics_practice"


def address(port: int) -> str:
    server = quote(f"http://127.0.0.1:{port}", safe="")
    return f"cloudinary://123456789012345:a-secret-of-this-cloud@practice?upload_prefix={server}"


@contextmanager
def refused() -> Iterator[int]:
    """A port that is nobody's: bound, and not listened to."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        yield place.getsockname()[1]


@contextmanager
def silent() -> Iterator[int]:
    with deaf() as nobody:
        yield nobody.getsockname()[1]


@contextmanager
def broken() -> Iterator[int]:
    with cloudinary_server.running() as cloud:
        cloud.broken = {"upload": (503, b"<h1>Service Unavailable</h1>")}
        yield cloud.server_port


def upload(person: Visitor, **fields: str) -> Answer:
    parts = [(f'name="{name}"', value.encode()) for name, value in (FIELDS | fields).items()]
    parts.append(('name="csrfmiddlewaretoken"', person.cookies["csrftoken"].encode()))
    parts.append(('name="hero"; filename="a.jpg"', pictures.photo().read()))
    heads = [f"--part\r\nContent-Disposition: form-data; {head}\r\n\r\n" for head, _ in parts]
    body = b"".join(
        head.encode() + value + b"\r\n" for head, (_, value) in zip(heads, parts, strict=True)
    )
    return person.send(CHANGE, body + b"--part--\r\n", "multipart/form-data; boundary=part")


@pytest.mark.parametrize("down", [refused, silent, broken])
def test_upload_is_refused_soon_and_nothing_is_lost(in_sqlite, serve, down):
    kept = in_sqlite.rows(PICTURE)
    with down() as port:
        server = serve(in_sqlite, CLOUDINARY_URL=address(port), FAULTS_PATIENCE=str(PATIENCE))
        superuser = Visitor(server, in_sqlite.sessions["superuser"])
        with ThreadPoolExecutor(1) as pool:
            uploading = pool.submit(upload, superuser, name="The loud room")
            assert client(server, in_sqlite).book(in_sqlite.open[0]).status == 302  # meanwhile
            answer = uploading.result()
        assert answer.status == 200  # Django's own form
        assert REFUSAL in answer.text
        assert "The loud room" in answer.text  # what was typed is there
        assert answer.seconds < 15 * PATIENCE
        assert in_sqlite.rows(PICTURE) == kept
        home = Visitor(server).get("/")
        assert (home.status, HERO.removesuffix(".jpg") in home.text) == (200, True)
    in_sqlite.assert_whole()


def test_upload_is_taken_when_it_is_back(in_sqlite, serve):
    with cloudinary_server.running() as cloud:
        server = serve(in_sqlite, CLOUDINARY_URL=cloud.address(), FAULTS_PATIENCE=str(PATIENCE))
        superuser = Visitor(server, in_sqlite.sessions["superuser"])
        cloud.awake.clear()
        assert REFUSAL in upload(superuser).text
        cloud.awake.set()
        assert upload(superuser).status == 302
        ((_name, picture),) = in_sqlite.rows(PICTURE)
        assert picture != HERO
        assert picture.removesuffix(".jpg") in cloud.stored
        assert picture.removesuffix(".jpg") in Visitor(server).get("/").text
