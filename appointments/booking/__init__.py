"""The only writer of appointments: book, move, cancel, set_status, waive.

Each function is one transaction: the change, its event and its mail (of a booking, that it is to be
written), or nothing. All take
`by`, the user who acts (staff are bound by opening hours and the slot promise only), and
`now`, an aware instant; `notify=False` tells nobody. A refusal is a `BookingError`;
all of them raise `NotYours` when a client acts for somebody else.
"""

from .actions import book, cancel, move, set_status, set_statuses, waive
from .rules import changes, is_late, may_cancel, may_move, require_cancellable
from .writing import hold_calendar, in_one_transaction

__all__ = [
    "book",
    "cancel",
    "changes",
    "hold_calendar",
    "in_one_transaction",
    "is_late",
    "may_cancel",
    "may_move",
    "move",
    "require_cancellable",
    "set_status",
    "set_statuses",
    "waive",
]
