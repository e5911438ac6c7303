"""Refusals. Their text is for the person who asked: what happened, and what to do next."""

import datetime as dt
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from .models import Appointment, Series


class BookingError(Exception):
    """A change that was refused; nothing was written.

    `conflict` tells that the calendar or the appointment has changed under the asker,
    in contrast to a request that the practice's rules do not allow.
    """

    conflict = False


class SlotTaken(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(_("Someone else has just taken this time. Please choose another one."))


class SlotClosed(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(_("The practice is closed at this time. Please choose another one."))


class AlreadyBooked(BookingError):
    """The slot is already held by an appointment of the same client: a double click."""

    conflict = True

    def __init__(self, appointment: "Appointment") -> None:
        self.appointment = appointment
        super().__init__(_("You already have this appointment."))


class ClientErased(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(_("This client was erased, so nothing is booked for them any more."))


class TooSoon(BookingError):
    def __init__(self, notice_hours: int) -> None:
        super().__init__(
            ngettext(
                "Please choose a time at least %(count)d hour ahead.",
                "Please choose a time at least %(count)d hours ahead.",
                notice_hours,
            )
            % {"count": notice_hours}
        )


class SlotPast(BookingError):
    def __init__(self) -> None:
        super().__init__(_("This time has passed. Please choose a later one."))


class TooFar(BookingError):
    def __init__(self, last: dt.date) -> None:
        super().__init__(
            _("Times can be booked up to %(date)s. Please choose an earlier one.")
            % {"date": date_format(last, "j F Y")}
        )


class TooMany(BookingError):
    def __init__(self, limit: int) -> None:
        if not limit:
            super().__init__(_("Times cannot be booked here for now. Please call the practice."))
            return
        super().__init__(
            ngettext(
                "You have %(count)d upcoming appointment, as many as can be booked ahead. "
                "You can book the next one when it is over.",
                "You have %(count)d upcoming appointments, as many as can be booked ahead. "
                "You can book the next one when one of them is over.",
                limit,
            )
            % {"count": limit}
        )


class NotYours(BookingError):
    """Somebody else's appointment; pages do not offer it."""

    def __init__(self) -> None:
        super().__init__(_("This appointment is not yours to change."))


class TooLate(BookingError):
    """Moving inside the cancellation notice."""

    def __init__(self) -> None:
        super().__init__(
            _("It is too late to move this appointment here. Please call the practice.")
        )


class ChangeRefused(BookingError):
    """The appointment's status does not allow this change."""

    conflict = True

    def __init__(self, status: str) -> None:
        super().__init__(
            _("This cannot be changed any more: the appointment is marked “%(status)s”.")
            % {"status": status}
        )


class Overtaken(BookingError):
    """The appointment is not any more what was seen when this was decided."""

    conflict = True

    def __init__(self, appointment: "Appointment") -> None:
        text = _(
            "This appointment has changed meanwhile: it is on %(day)s, %(hour)02d:00 now. "
            "Please look once more."
        )
        day = date_format(appointment.date, "j F Y")
        super().__init__(text % {"day": day, "hour": appointment.hour})


class NotConfirmed(BookingError):
    """Attended, or not, is said of an appointment that was agreed to."""

    conflict = True

    def __init__(self) -> None:
        super().__init__(_("This is not confirmed yet. Please confirm it first."))


class NotStarted(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(_("This can be recorded once the appointment has started."))


class AlreadyStarted(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(_("This appointment has already started, so it cannot be changed here."))


class NotLate(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(_("This is not marked as a late cancellation."))


class OneRefused(BookingError):
    """One of several that were to be changed together; none of them was."""

    def __init__(self, appointment: "Appointment", error: BookingError) -> None:
        self.appointment, self.conflict = appointment, error.conflict
        super().__init__(
            _("%(name)s, %(day)s, %(hour)02d:00: %(refusal)s Nothing was changed.")
            % {
                "name": appointment.client,
                "day": date_format(appointment.date, "D j M"),
                "hour": appointment.hour,
                "refusal": error,
            }
        )


class PlanChanged(BookingError):
    """What was decided about is not what there is to decide about now."""

    conflict = True

    def __init__(self) -> None:
        super().__init__(
            _("Something has changed meanwhile, and nothing was written. Please look once more.")
        )


class NothingChosen(BookingError):
    def __init__(self) -> None:
        super().__init__(_("Please choose at least one date."))


class SeriesBooked(BookingError):
    """This very series stands already: a double click."""

    conflict = True

    def __init__(self, series: "Series") -> None:
        self.series = series
        super().__init__(_("This series is booked already."))


class SeriesEnds(BookingError):
    """The series ends by itself before the day on which it was to be ended."""

    conflict = True

    def __init__(self, last: dt.date) -> None:
        text = _("The series ends on %(date)s already.")
        super().__init__(text % {"date": date_format(last, "j F Y")})


class SessionOver(BookingError):
    """A series is changed from a session on that is still to come."""

    conflict = True

    def __init__(self) -> None:
        super().__init__(
            _("This session is over or cancelled. Please start from one that is still to come.")
        )


class BeforeEarlier(BookingError):
    """A series would have a later session before an earlier one."""

    def __init__(self, earlier: "Appointment") -> None:
        text = _(
            "An earlier session of the series is on %(date)s, %(hour)02d:00. "
            "Please choose a later time."
        )
        named = {"date": date_format(earlier.date, "j F Y"), "hour": earlier.hour}
        super().__init__(text % named)


class HoursChanged(BookingError):
    conflict = True

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody else has changed the opening hours meanwhile. To save yours instead of "
                "theirs, press “Save” once more."
            )
        )


class LeavePast(BookingError):
    def __init__(self) -> None:
        super().__init__(_("These days are over. Please choose days from today on."))


class LeaveOver(BookingError):
    """Leave that is over stays on record."""

    conflict = True

    def __init__(self) -> None:
        super().__init__(_("This leave is over. It stays on record."))


class LeaveTooLong(BookingError):
    def __init__(self, days: int) -> None:
        super().__init__(
            _("Leave can last %(days)d days at most. Please enter it in parts.") % {"days": days}
        )
