"""Appointments as lines for a spreadsheet, in which no cell is taken for a formula."""

import csv
import re
from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.models import Appointment, CancelledBy, Status

BOM = "\ufeff"  # without it spreadsheets read UTF-8 as something else
LINES_AT_ONCE = 500
# All that is read of an appointment: no note, no reason.
FIELDS = [
    "date",
    "hour",
    "status",
    "cancelled_by",
    "cancelled_late",
    "created_at",
    "series_id",
    "client__name",
    "client__username",
    "client__email",
]

# What makes a cell a formula, at its start: https://owasp.org/www-community/attacks/CSV_Injection
# A spreadsheet that separates by something else than commas starts further cells inside of ours.
FORMULA = re.compile(r"(^|[,;|\t\r\n])(?=[\s\"]*[=+\-@\t\r\n\0＝＋－＠])")


class Line:
    """A file for the csv module that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def harmless(cell: str) -> str:
    """Return the text with an apostrophe before whatever would be a formula."""
    return FORMULA.sub(r"\1'", cell)


def lines(appointments: Iterable[Appointment]) -> Iterator[str]:
    """Yield the file in pieces, a few hundred lines each, while the appointments are read."""
    writer, words = csv.writer(Line(), quoting=csv.QUOTE_ALL), _Words()
    piece = [BOM, writer.writerow(_heading())]
    for appointment in appointments:
        piece.append(writer.writerow([harmless(cell) for cell in _cells(appointment, words)]))
        if len(piece) >= LINES_AT_ONCE:
            yield "".join(piece)
            piece = []
    yield "".join(piece)


def _heading() -> list[str]:
    return [
        _("Date"),
        _("Hour"),
        _("Client"),
        _("E-mail"),
        _("Status"),
        _("Cancelled by"),
        _("Cancelled late"),
        _("Booked at"),
        _("Series"),
    ]


class _Words:
    """What the lines say, in the reader's language: looked up once, not for every line."""

    def __init__(self) -> None:
        self.status = {value: str(label) for value, label in Status.choices}
        self.who = {"": "", CancelledBy.CLIENT: _("client"), CancelledBy.PRACTICE: _("practice")}
        self.whether = {True: _("yes"), False: _("no")}


def _cells(appointment: Appointment, words: _Words) -> list[str]:
    return [
        appointment.date.isoformat(),
        f"{appointment.hour:02}:00",
        str(appointment.client),
        appointment.client.email,
        words.status[appointment.status],
        words.who[appointment.cancelled_by],
        words.whether[appointment.cancelled_late],
        timezone.localtime(appointment.created_at).isoformat(timespec="minutes"),
        words.whether[appointment.series_id is not None],
    ]
