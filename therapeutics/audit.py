"""The one door into the audit trail. Ids go in, and nothing that anybody has written."""

import datetime as dt
import logging
import uuid

from django.db import Error
from django.db.models import Model

from . import tracing
from .models import AuditEvent, AuditKind

logger = logging.getLogger(__name__)

STRANGERS_REST = dt.timedelta(minutes=1)


def record(
    kind: AuditKind,
    *,
    now: dt.datetime,
    by: uuid.UUID | None = None,
    about: Model | None = None,
) -> None:
    """Note that something happened, in the transaction of what happened.

    `by` is the id of the person who did it, where that is known. `about` is the thing or person
    that it happened to; its kind and id are kept, nothing else of it. Where from is known by
    itself while a request is answered (`tracing.current`).
    """
    about_model, about_id = (about._meta.label_lower, str(about.pk)) if about else ("", "")
    _write(kind, now, by, about_model, about_id)


def refused(
    kind: AuditKind,
    *,
    now: dt.datetime,
    by: uuid.UUID | None = None,
    page: str = "",
    about: str = "",
) -> None:
    """Note a refusal that has been answered; it stands, whether it can be noted or not.

    `page` is the name of the address that was asked for, `about` the id in it. What an address
    where nobody is signed in is refused is noted once a minute: it costs a stranger nothing to be
    refused, and must not fill the database.
    """
    try:
        if by or not _noted_lately(kind, now):
            _write(kind, now, by, page[:60], about[:40])
    except Error:
        logger.warning("a refusal could not be written to the security log")


def _noted_lately(kind: AuditKind, now: dt.datetime) -> bool:
    lately = AuditEvent.objects.filter(kind=kind, at__gt=now - STRANGERS_REST, by=None)
    return lately.filter(address=tracing.current.get().address or None).exists()


def _write(
    kind: AuditKind, now: dt.datetime, by: uuid.UUID | None, about_model: str, about: str
) -> None:
    source = tracing.current.get()
    AuditEvent.objects.create(
        at=now,
        kind=kind,
        by=by,
        about_model=about_model,
        about=about,
        address=source.address or None,
        request_id=source.request_id,
    )
