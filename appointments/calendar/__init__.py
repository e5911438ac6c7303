"""The writer of opening hours and closures: set_hours, close, reopen.

A change that falls on sessions says what becomes of each: another slot, cancelled, or kept.
`plan_hours` and `plan_leave` tell which sessions those are and what could be offered instead;
the change itself refuses when they are not the ones that were answered for. All take `now`,
an aware instant. A refusal is a `BookingError`.
"""

from .affected import affected_by_closures, affected_by_hours
from .changes import CANCEL, KEEP, Answer, Done, close, plan_hours, plan_leave, reopen, set_hours
from .leave import coming_leave, past_leave
from .public_holidays import PublicHoliday, holiday_names, holidays_ahead
from .suggestions import Affected, suggestions

__all__ = [
    "CANCEL",
    "KEEP",
    "Affected",
    "Answer",
    "Done",
    "PublicHoliday",
    "affected_by_closures",
    "affected_by_hours",
    "close",
    "coming_leave",
    "holiday_names",
    "holidays_ahead",
    "past_leave",
    "plan_hours",
    "plan_leave",
    "reopen",
    "set_hours",
    "suggestions",
]
