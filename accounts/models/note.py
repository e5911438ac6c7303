"""What the practice writes down about a client."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .person import User

MAX_NOTE = 2000  # characters


class NoteQuerySet(models.QuerySet["Note"]):
    def about(self, client: User) -> Self:
        """A client's, newest first, with who wrote each."""
        return self.filter(client=client).select_related("written_by")


class Note(models.Model):
    """An administrative note for the practice's eyes only. Written by `accounts.people`.

    No person leads to their notes (`related_name` is "+"): a page, a mail or a feed that shows
    a person cannot show one by mistake. Only `Note.objects.about` finds them.
    """

    client = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("client"),
    )
    text = models.TextField(_("text"), max_length=MAX_NOTE)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    written_at = models.DateTimeField(_("written at"))

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at", "-id"]

    def __str__(self) -> str:
        return f"{self.written_at:%Y-%m-%d %H:%M}"  # never the text: this ends up in logs
