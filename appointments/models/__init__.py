"""The tables: appointments with their events, and the hours and rules of booking."""

from .appointment import AHEAD, Appointment, AppointmentEvent, CancelledBy, Status
from .hours import BookingPolicy, Closure, OpeningHours, Weekday
from .retention import RetentionPolicy
from .series import Rhythm, Series, SeriesGap
from .slot import FIRST_HOUR, HOURS, LAST_HOUR, Slot, local_slot, starts_at

__all__ = [
    "AHEAD",
    "FIRST_HOUR",
    "HOURS",
    "LAST_HOUR",
    "Appointment",
    "AppointmentEvent",
    "BookingPolicy",
    "CancelledBy",
    "Closure",
    "OpeningHours",
    "RetentionPolicy",
    "Rhythm",
    "Series",
    "SeriesGap",
    "Slot",
    "Status",
    "Weekday",
    "local_slot",
    "starts_at",
]
