"""Who is signed in where, and who tried too often."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _


class Session(AbstractBaseSession):
    """A browser's session, with the person who is signed in with it, if any.

    Written by `accounts.sessions.SessionStore`. The person is a column, so that their sessions
    can be listed and ended without reading everyone's.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    started_at = models.DateTimeField(_("signed in at"), null=True)
    seen_at = models.DateTimeField(_("last seen at"), null=True)
    address = models.CharField(_("IP address"), max_length=45, blank=True)
    agent = models.CharField(_("browser"), max_length=200, blank=True)

    class Meta(AbstractBaseSession.Meta):
        ordering = ["-seen_at"]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from accounts.sessions import SessionStore  # it imports this module

        return SessionStore


class Tries(models.Model):
    """How often something was tried, until when it counts. Written by `accounts.limits`."""

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"
