"""More than a page takes: refused at once, and held nowhere."""

import pytest

from tests.faults.conftest import client
from tests.faults.visitor import (
    BOOKING,
    LOGIN,
    NOT_IN_ONE_PIECE,
    TOKEN,
    TOO_MUCH,
    Visitor,
    most_memory,
    workers,
)
from tests.therapeutics.conftest import CHANGE

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-sqlite")]

TEN_MEGABYTES = 10 * 1024 * 1024
LITTLE = TEN_MEGABYTES // 2
WARM = 12  # requests after which both workers have loaded what they load when it is needed
FORM = "application/x-www-form-urlencoded"
WITH_FILE = "multipart/form-data; boundary=limit"
HEAD = (
    f'--limit\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}\r\n'
    '--limit\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n'
).encode()


@pytest.fixture(scope="module")
def warm(site):
    """The site, when both workers hold what they load at their first requests."""
    for _ in range(WARM):
        assert Visitor(site[0]).sign_in("nobody", "x").status in {422, 429}
    return site


@pytest.mark.parametrize("path", [LOGIN, BOOKING, "/", "/no/such/page/"])
@pytest.mark.parametrize("kind", [FORM, WITH_FILE, "application/json"])
def test_ten_megabytes(warm, path, kind):
    """What is not read is not held."""
    server, practice = warm
    before = [most_memory(pid) for pid in workers(server)]
    body = b"login=" + b"x" * TEN_MEGABYTES
    if kind == WITH_FILE:
        body = HEAD + b"x" * TEN_MEGABYTES + b"\r\n--limit--\r\n"
    for _ in range(2):
        answer = client(server, practice).send(path, body, kind)
        assert answer.seen == TOO_MUCH
        assert answer.seconds < 10
    after = [most_memory(pid) for pid in workers(server)]
    assert max(now - then for now, then in zip(after, before, strict=True)) < LITTLE
    assert practice.held() == []


def test_two_thousand_fields(site):
    server, practice = site
    fields = {f"field{number}": "x" for number in range(2_000)}
    for path in (LOGIN, BOOKING):
        answer = client(server, practice).post(path, **fields)
        assert answer.seen == NOT_IN_ONE_PIECE
        assert answer.seconds < 10
    assert practice.held() == []


def test_picture_of_ten_megabytes_is_read(site):
    """Site admin takes one; and has no place for it here."""
    server, practice = site
    superuser = Visitor(server, practice.sessions["superuser"])
    body = HEAD.replace(b'"file"; filename="file"', b'"hero"; filename="a.jpg"')
    body += b"x" * (TEN_MEGABYTES - 10_000) + b"\r\n--limit--\r\n"
    answer = superuser.send(CHANGE, body, WITH_FILE)
    assert "Pictures cannot be uploaded here" in answer.text
    longer = body.replace(b"x\r\n--limit--", b"x" * 2_000_000 + b"\r\n--limit--")
    assert superuser.send(CHANGE, longer, WITH_FILE).seen == TOO_MUCH
