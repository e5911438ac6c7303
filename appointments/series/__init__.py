"""Standing slots: planned date by date, booked all together or not at all.

The practice acts here, never a client: who is not staff meets `NotYours`. Dates and hours are the
practice's own clock, so that a session keeps its hour when the clocks change. What is over, or has
been marked or cancelled, is never touched. `now` is an aware instant.
"""

from .changes import book, end, extend, move
from .planning import DAY, Planned, Verdict, following, outside_hours, plan, plan_move

__all__ = [
    "DAY",
    "Planned",
    "Verdict",
    "book",
    "end",
    "extend",
    "following",
    "move",
    "outside_hours",
    "plan",
    "plan_move",
]
