"""Backups of everything that the site keeps: the database, and pictures on local disk.

A backup is one file, `therapeutics-<moment>.tar.gz`, readable by its owner only. Its last member
says what the others are, how many rows each table has, and their checksums: a file that was cut
off, or changed, is refused before anything is touched. The snapshot is of one moment, while the
site runs.
"""

import datetime as dt
import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import error as ZlibError  # noqa: N812 - an exception, named as one

from django.conf import settings
from django.db import connection

from . import databases

DATABASE, MEDIA, MANIFEST = "database", "media", "manifest.json"
NAME, PATTERN = "therapeutics-%Y%m%dT%H%M%S%fZ.tar.gz", "therapeutics-*Z.tar.gz"
FORMAT = 1
OURS_ONLY = 0o077  # the umask while a backup is written
BROKEN = (tarfile.TarError, EOFError, OSError, ZlibError, KeyError, TypeError, ValueError)


class BackupRefused(Exception):
    """This cannot be backed up, or must not be restored. Its text is for who asked."""


@dataclass(frozen=True)
class Manifest:
    """What is in a backup: the kind of database, rows by table, checksums by file."""

    format: int
    vendor: str
    made_at: str
    rows: dict[str, int]
    sums: dict[str, str]


def make(*, folder: Path, keep: int, now: dt.datetime) -> Path:
    """Write a backup of this moment into the folder and look at it; return its path.

    Of older ones all but the newest `keep` (with this one) are deleted, once this one is good.
    """
    with _private(), tempfile.TemporaryDirectory(dir=_made(folder)) as place:
        work = Path(place)
        rows = databases.dump(work / DATABASE)
        files = {DATABASE: work / DATABASE, **_media()}
        sums = {name: _sum(path) for name, path in files.items()}
        manifest = Manifest(FORMAT, connection.vendor, now.isoformat(), rows, sums)
        (work / MANIFEST).write_text(json.dumps(asdict(manifest)))
        _pack({**files, MANIFEST: work / MANIFEST}, work / "packed")
        with opened(work / "packed"):
            pass
        path = folder / now.strftime(NAME)
        os.replace(work / "packed", path)
        _sync(folder)
    _forget_old(folder, keep)
    return path


def restore(*, path: Path, overwrite: bool = False) -> Manifest:
    """Put the backup in the place of the database; all of it or nothing.

    Refuses a damaged backup, one of the other kind of database, and, but with `overwrite`, a
    database in which there are people, or tables of something else.
    """
    with opened(path) as (manifest, place):
        if manifest.vendor != connection.vendor:
            raise BackupRefused(f"{path} is of {manifest.vendor}, this site has another database")
        if not overwrite and (found := databases.what_is_there()):
            raise BackupRefused(f"The database has {found} in it: --overwrite replaces all of it")
        databases.load(place / DATABASE)
        if (now := databases.rows()) != manifest.rows:
            raise BackupRefused(f"The rows are not those of the backup: {now}")
        _put_back(place / MEDIA)
    return manifest


@contextmanager
def opened(path: Path) -> Iterator[tuple[Manifest, Path]]:
    """Unpack a backup into a folder that is gone afterwards; raise BackupRefused of a bad one."""
    with _private(), tempfile.TemporaryDirectory() as place:
        try:
            with tarfile.open(path, "r:gz") as packed:
                packed.extractall(place, filter="data")
            manifest = Manifest(**json.loads(Path(place, MANIFEST).read_text()))
            sums = {name: _sum(Path(place, name)) for name in manifest.sums}
        except BROKEN as error:
            why = type(error).__name__
            raise BackupRefused(f"{path} is no whole backup, or cannot be read ({why})") from None
        if manifest.format != FORMAT or sums != manifest.sums:
            raise BackupRefused(f"{path} is damaged: its checksums do not agree")
        yield manifest, Path(place)


@contextmanager
def _private() -> Iterator[None]:
    """Let nobody else read what is written meanwhile."""
    before = os.umask(OURS_ONLY)
    try:
        yield
    finally:
        os.umask(before)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _media() -> dict[str, Path]:
    """Return pictures on local disk by their names in the backup; Cloudinary keeps its own."""
    root = Path(settings.MEDIA_ROOT)
    found = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []
    return {f"{MEDIA}/{path.relative_to(root)}": path for path in found}


def _put_back(media: Path) -> None:
    for path in media.rglob("*"):
        if path.is_file():
            target = Path(settings.MEDIA_ROOT, path.relative_to(media))
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(".part")
            part.write_bytes(path.read_bytes())
            os.replace(part, target)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(files: dict[str, Path], target: Path) -> None:
    with target.open("xb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as packed:
            for name, path in files.items():
                packed.add(path, arcname=name)
        raw.flush()
        os.fsync(raw.fileno())


def _sync(folder: Path) -> None:
    """Let the new name outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget_old(folder: Path, keep: int) -> None:
    for old in sorted(folder.glob(PATTERN), reverse=True)[keep:]:
        old.unlink()
