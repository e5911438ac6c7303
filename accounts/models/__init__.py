"""People, the invitations they come by, their sessions, and the practice's notes on them."""

from .invitation import Invitation, State
from .note import MAX_NOTE, Note
from .person import (
    ERASED,
    SECOND_FACTORS,
    STAFF_MAILINGS,
    Contact,
    FeedTitles,
    Mailing,
    Reminder,
    User,
    UserQuerySet,
)
from .session import Session, Tries

__all__ = [
    "ERASED",
    "MAX_NOTE",
    "SECOND_FACTORS",
    "STAFF_MAILINGS",
    "Contact",
    "FeedTitles",
    "Invitation",
    "Mailing",
    "Note",
    "Reminder",
    "Session",
    "State",
    "Tries",
    "User",
    "UserQuerySet",
]
