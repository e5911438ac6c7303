"""Where attachments of queued mail are kept: in the database, with the mail they belong to.

A file on one machine is not there when the worker on another one sends the mail, and would
stay behind when the change that the mail speaks of is rolled back.
"""

from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db.models import QuerySet


class DatabaseStorage(Storage):
    """Django's storage over the table of mail attachments."""

    @property
    def _files(self) -> QuerySet[Any]:
        return apps.get_model("therapeutics", "MailFile").objects.all()  # loaded after this module

    def _open(self, name: str, mode: str = "rb") -> File:
        content = self._files.values_list("content", flat=True).filter(name=name).first()
        if content is None:
            raise FileNotFoundError(name)
        return ContentFile(bytes(content), name)

    def _save(self, name: str, content: File) -> str:
        self._files.create(name=name, content=content.read())
        return name

    def exists(self, name: str) -> bool:
        return False  # a fresh name has a random part, and the table refuses a second one

    def delete(self, name: str) -> None:
        self._files.filter(name=name).delete()
