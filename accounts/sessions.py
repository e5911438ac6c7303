"""Sessions in the database, each with the person it belongs to, so that it can be listed and ended.

Extends Django's own store as its documentation describes
(https://docs.djangoproject.com/en/5.2/topics/http/sessions/#extending-database-backed-session-engines).
"""

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils.crypto import get_random_string

from .models import Session, User

logger = logging.getLogger(__name__)

VISIT = "visit"
TO_TELL = dt.timedelta(days=1)  # a session is kept longer than it holds, to say why it ended


class SessionStore(DatabaseStore):
    """The store of a synchronous site: Django's async methods would leave the person out."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    is_new = False
    only_noted = False  # nothing has changed but when the person was last seen

    def create(self) -> None:
        """Take a new key; the row is written once, with what the request puts into it.

        Django's own store asks whether the key is free and writes an empty row first: two
        statements and a transaction more for each sign-in. A key is 165 random bits, and the
        database refuses one that is not free.
        """
        self._session_key = get_random_string(32, VALID_KEY_CHARS)
        self.modified = self.is_new = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
        try:
            super().save(must_create=must_create or self.is_new)
        except UpdateError as error:  # what Django takes for a session that was ended meanwhile
            self._bear(error)
        self.is_new = False

    def _bear(self, error: UpdateError) -> None:
        """Let a page that only reads be seen when nothing can be written: a disk may be full."""
        cause = error.__context__
        if not isinstance(cause, OperationalError):
            raise error
        if not self.only_noted:
            raise cause
        logger.warning("where somebody was last seen could not be noted")

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        for field, value in visit(data).items():
            setattr(session, field, value)
        return session


def visit(data: dict[str, Any] | SessionBase) -> dict[str, Any]:
    """Return when and from where a session was last seen: fields of its row."""
    noted = data.get(VISIT) or {}
    times = {
        field: dt.datetime.fromtimestamp(noted[field], dt.UTC)
        for field in ("started_at", "seen_at")
        if field in noted
    }
    return {"address": "", "agent": "", **noted, **times}


def idle_limit(person: User) -> dt.timedelta:
    """Return after how long without a request this person is signed out."""
    return settings.STAFF_IDLE if person.is_staff else settings.CLIENT_IDLE


def is_over(session: SessionBase, person: User, now: dt.datetime) -> bool:
    """Tell whether the person was away for longer than they may be."""
    seen_at = visit(session).get("seen_at")
    return isinstance(seen_at, dt.datetime) and now - seen_at >= idle_limit(person)


def note(session: SessionBase, person: User, *, address: str, agent: str, now: dt.datetime) -> None:
    """Note that the person is here; written when the last note is old enough to matter.

    A note for every request would cost each page a write; one in a minute is exact enough.
    """
    limit, last = idle_limit(person), visit(session).get("seen_at")
    kept = int((limit + TO_TELL).total_seconds())
    fresh = isinstance(last, dt.datetime) and now - last < settings.SEEN_NOTED_EVERY
    if fresh and session.get_expiry_age() == kept:
        return
    if isinstance(session, SessionStore):
        session.only_noted = not session.modified
    started = (session.get(VISIT) or {}).get("started_at", now.timestamp())
    session[VISIT] = {
        "started_at": started,
        "seen_at": now.timestamp(),
        "address": address,
        "agent": agent[:200],
    }
    session.set_expiry(kept)


def of(person: User, *, now: dt.datetime) -> QuerySet[Session]:
    """Return the person's sessions that are not over, the last seen first."""
    return Session.objects.filter(user=person, seen_at__gt=now - idle_limit(person))


def end(person: User, *, but: str | None = None) -> int:
    """End the person's sessions, all but the one with the key `but`; return how many ended."""
    return Session.objects.filter(user=person).exclude(session_key=but).delete()[0]
