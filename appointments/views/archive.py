"""A person's data as a file to keep: JSON for programs, CSV for spreadsheets, ICS for calendars."""

import csv
import json
import zipfile
from collections.abc import Iterable
from io import BytesIO

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from appointments import ical
from appointments.models import Appointment
from appointments.personal_data import PersonalData

from .sheet import BOM, Line, harmless


def archive(found: PersonalData) -> bytes:
    """Return a zip file with data.json, appointments.csv and appointments.ics."""
    whole = json.dumps(found.facts, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    files: dict[str, str | bytes] = {
        "data.json": whole + "\n",
        "appointments.csv": "".join(_lines(found.appointments)),
        "appointments.ics": ical.calendar(found.appointments),
    }
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as whole_file:
        for name, content in files.items():
            whole_file.writestr(name, content)
    return written.getvalue()


def _lines(appointments: Iterable[Appointment]) -> Iterable[str]:
    writer = csv.writer(Line(), quoting=csv.QUOTE_ALL)
    yield BOM + writer.writerow(_heading())
    for appointment in appointments:
        yield writer.writerow([harmless(cell) for cell in _cells(appointment)])


def _heading() -> list[str]:
    return [
        _("Date"),
        _("Hour"),
        _("Status"),
        _("Cancelled by"),
        _("Cancelled late"),
        _("Booked at"),
        _("Your note"),
    ]


def _cells(appointment: Appointment) -> list[str]:
    return [
        appointment.date.isoformat(),
        f"{appointment.hour:02}:00",
        appointment.get_status_display(),
        appointment.get_cancelled_by_display(),
        _("yes") if appointment.cancelled_late else _("no"),
        appointment.created_at.isoformat(timespec="minutes"),
        appointment.note,
    ]
