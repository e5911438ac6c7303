"""Where pictures are kept in a test, the form that uploads them, and a mail server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.smtp import smtp
from tests.therapeutics import cloudinary_server
from tests.therapeutics.cloudinary_server import Cloud
from therapeutics.models import Practice

__all__ = ["smtp"]

ADD = "/admin/therapeutics/practice/add/"
CHANGE = "/admin/therapeutics/practice/1/change/"
FIELDS = {
    "name": "The quiet room",
    "discreet_name": "Room",
    "phone": "020 7946 0001",
    "email": "room@example.com",
    "address": "1 Some Street",
    "introduction": "Come in.",
}
Kept = Callable[[], set[str]]


def keep(settings, backend: str, **options: object) -> None:
    kept = {"BACKEND": f"therapeutics.media.{backend}", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": kept}


@pytest.fixture
def cloud(settings) -> Iterator[Cloud]:
    with cloudinary_server.running() as cloud:
        keep(settings, "CloudinaryStorage", address=cloud.address(), timeout=2)
        yield cloud


@pytest.fixture
def disk(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    keep(settings, "DiskStorage")
    return tmp_path


def kept_on(request, where: str) -> Kept:
    """Return a function that tells which pictures are kept there, by the name of their row."""
    place = request.getfixturevalue(where)
    if where == "cloud":
        return lambda: {f"{name}.jpg" for name in place.stored}
    return lambda: {f"practice/{path.name[:32]}.jpg" for path in place.glob("practice/*")}


@pytest.fixture(params=["cloud", "disk"])
def kept(request) -> Kept:
    return kept_on(request, request.param)


@pytest.fixture
def send(superuser, sign_in, django_capture_on_commit_callbacks):
    """Sends the form of the practice, with a picture, and lets the transaction end."""
    browser = sign_in(superuser)

    def sent(**fields: object):
        address = CHANGE if Practice.objects.exists() else ADD
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(address, FIELDS | fields)

    return sent
