"""What people are told by mail: one function per event, queued with the change it tells of.

The mail of a booking is written by the worker (`write_due`), from the booking's event.

Mail is discreet: no notes, no reasons, nothing clinical, and to counsellors initials only. Each
change overtakes whatever was queued about the appointment and is not sent yet. A booking and a
move wait a few minutes for the next change, so that quick ones are told in one mail. With
`notify` off nobody is told.
"""

from .telling import (
    agenda,
    cancelled,
    confirmed,
    long_untold,
    moved,
    reminder,
    series_booked,
    series_changed,
    series_ended,
    series_missed,
    write_due,
)

__all__ = [
    "agenda",
    "cancelled",
    "confirmed",
    "long_untold",
    "moved",
    "reminder",
    "series_booked",
    "series_changed",
    "series_ended",
    "series_missed",
    "write_due",
]
