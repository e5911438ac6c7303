"""The one door into the audit trail."""

import datetime as dt
import uuid

from django.db.models import Model

from . import tracing
from .models import AuditEvent, AuditKind


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
    source = tracing.current.get()
    AuditEvent.objects.create(
        at=now,
        kind=kind,
        by=by,
        about_model=about._meta.label_lower if about else "",
        about=str(about.pk) if about else "",
        address=source.address or None,
        request_id=source.request_id,
    )
