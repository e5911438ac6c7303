"""People, the invitations they come by, their sessions, and the practice's notes on them."""

from .invitation import Invitation, State
from .note import MAX_NOTE, Note
from .person import SECOND_FACTORS, Contact, User, UserQuerySet
from .session import Session, Tries

__all__ = [
    "MAX_NOTE",
    "SECOND_FACTORS",
    "Contact",
    "Invitation",
    "Note",
    "Session",
    "State",
    "Tries",
    "User",
    "UserQuerySet",
]
