"""Pictures that the practice has uploaded: where they live, and how a page shows them."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from cloudinary import uploader, utils
from cloudinary.exceptions import Error as CloudinaryError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image
from urllib3 import Timeout

from . import uploads
from .environment import account

logger = logging.getLogger(__name__)

WIDTHS = (640, 960, 1280, 1920)  # smaller ones, for smaller screens
CONNECTING = 4  # times that urllib3 tries


class NotStored(Exception):
    """The storage did not keep or delete a file; the text may be shown."""


@dataclass(frozen=True)
class Picture:
    """What an `<img>` needs of a stored picture."""

    src: str
    smallest: str
    srcset: str
    width: int
    height: int


def fresh_name(instance: object, filename: str) -> str:
    """Return a name that nobody guesses and that says nothing of the uploader's file."""
    return f"practice/{secrets.token_hex(16)}.jpg"


# Where it lives


class PictureStorage(Storage):
    """A storage of prepared pictures, which also has them in smaller widths."""

    refusal = ""  # why no picture can be kept, when none can

    def smaller(self, name: str, width: int) -> str:
        """Return the address of the picture in one of WIDTHS."""
        raise NotImplementedError


class DiskStorage(FileSystemStorage, PictureStorage):
    """Pictures on local disk: the smaller ones lie beside each."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        name = super().save(name, content, max_length)
        with self.open(name) as file, Image.open(file) as picture:
            for width in (width for width in WIDTHS if width < picture.width):
                height = round(picture.height * width / picture.width)
                resized = picture.resize((width, height), Image.Resampling.LANCZOS)
                super().save(_at_width(name, width), ContentFile(uploads.encoded(resized)))
        return name

    def delete(self, name: str) -> None:
        for each in (name, *(_at_width(name, width) for width in WIDTHS)):
            super().delete(each)

    def smaller(self, name: str, width: int) -> str:
        return self.url(_at_width(name, width))


class ForgetfulStorage(DiskStorage):
    """A production server's own disk, which may be empty after a restart: it takes nothing."""

    @property
    def refusal(self) -> str:  # type: ignore[override]  # read when asked, in the reader's language
        return _(
            "Pictures cannot be uploaded here: this server may forget files when it restarts."
            " Set CLOUDINARY_URL to keep pictures with Cloudinary."
        )

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        raise NotStored(self.refusal)


class CloudinaryStorage(PictureStorage):
    """Pictures with Cloudinary, which makes the smaller ones when they are first asked for."""

    def __init__(self, address: str, timeout: float = 10) -> None:
        """Take a CLOUDINARY_URL, and for how many seconds Cloudinary may be silent."""
        self.account = account(address)
        # Each try to connect gets a part, so that all of them take no longer than the answer.
        self.timeout = Timeout(connect=timeout / CONNECTING, read=timeout)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        try:
            answer = self._call(uploader.upload, content, public_id=_stem(name), filename=name)
            if answer.get("public_id") != _stem(name):
                raise self._refused(answer)
        except NotStored:
            discard(name=name)  # what was lost may have been the answer alone
            raise
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        raise NotImplementedError("Pictures are sent to Cloudinary and never read back.")

    def delete(self, name: str) -> None:
        answer = self._call(uploader.destroy, _stem(name), invalidate=True)
        if answer.get("result") not in {"ok", "not found"}:
            raise self._refused(answer)

    def exists(self, name: str) -> bool:
        """Say that the name is free: names are random, and asking would cost a request."""
        return False

    def url(self, name: str | None) -> str:
        return self.smaller(name or "", uploads.MAX_SIDE)

    def smaller(self, name: str, width: int) -> str:
        asked = {"width": width, "crop": "limit", "quality": "auto", "fetch_format": "auto"}
        address, _rest = utils.cloudinary_url(
            _stem(name), **asked, **(self.account | {"secure": True})
        )
        return str(address)

    def _call(self, action: Callable[..., Any], what: object, **options: object) -> dict[str, Any]:
        try:
            answer = action(what, **{**options, **self.account, "timeout": self.timeout})
        except (CloudinaryError, LookupError, TypeError, ValueError) as error:  # or an odd answer
            raise self._refused(error) from error
        return answer if isinstance(answer, dict) else {}

    def _refused(self, why: object) -> NotStored:
        logger.warning("Cloudinary did not do what was asked: %s", why)
        return NotStored(_("Cloudinary did not take the picture, so nothing was saved. Try later."))


def storage() -> PictureStorage:
    """Return the storage that the settings name."""
    return cast(PictureStorage, default_storage)


def forget(*, name: str) -> None:
    """Delete a stored picture when the transaction is through; a failure is only logged."""

    transaction.on_commit(lambda: discard(name=name))


def discard(*, name: str) -> None:
    """Delete a picture that no row names; a failure is only logged."""
    try:
        storage().delete(name)
    except (NotStored, OSError) as error:
        logger.warning("The picture %s could not be deleted: %s", name, error)


def _stem(name: str) -> str:
    """practice/1f, for practice/1f.jpg"""
    return str(PurePosixPath(name).with_suffix(""))


def _at_width(name: str, width: int) -> str:
    """practice/1f-640.jpg, for practice/1f.jpg and 640"""
    return f"{_stem(name)}-{width}.jpg"


# How a page shows it


def shown(*, name: str, width: int, height: int) -> Picture | None:
    """Return what a page says of a stored picture, without asking the storage for it.

    None where pictures are not kept: a page must not point at a file that is gone.
    """
    kept = storage()
    if kept.refusal:
        return None
    sizes = [(kept.smaller(name, each), each) for each in WIDTHS if each < width]
    sizes.append((kept.url(name), width))
    srcset = ", ".join(f"{address} {each}w" for address, each in sizes)
    src, smallest = kept.url(name), sizes[0][0]
    return Picture(src=src, smallest=smallest, srcset=srcset, width=width, height=height)
