"""What somebody knows of an appointment, when mail that was to tell them is overtaken.

Each mail about an appointment has a memo: the slot that its reader knew of before, or none when
the appointment is news to them. What is overtaken has not reached them, so its memo holds on.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from accounts.models import User
from appointments.models import Appointment, Slot
from therapeutics.models import MailKind, MailRecord

TO_COUNSELLORS = {MailKind.REQUEST, MailKind.CLIENT_MOVED, MailKind.CLIENT_CANCELLED}


class Knowledge(NamedTuple):
    """The slot that a person knows of, if any, and whether something is still untold."""

    slot: Slot | None
    is_behind: bool

    def before(self, appointment: Appointment) -> Slot | None:
        """Return the slot that they know of, when it is another one than it has now."""
        return self.slot if self.slot != appointment.slot else None


def of(person: User, overtaken: Iterable[MailRecord], otherwise: Slot) -> Knowledge:
    """Return what the person knows; `otherwise` that the appointment was there."""
    for record in overtaken:
        if _is_to(person, record):
            return Knowledge(_read(record.memo), is_behind=True)
    return Knowledge(otherwise, is_behind=False)


def _is_to(person: User, record: MailRecord) -> bool:
    """A client is known by the kind of mail: their address may have changed meanwhile."""
    if record.kind in TO_COUNSELLORS:
        return person.is_staff and person.email in record.mail.to
    return not person.is_staff and record.kind != MailKind.REMINDER


def memo(slot: Slot | None) -> object:
    return [slot.date.isoformat(), slot.hour] if slot else None


def _read(written: list[object] | None) -> Slot | None:
    if not written:
        return None
    date, hour = written
    return Slot(dt.date.fromisoformat(str(date)), int(str(hour)))
