"""People, the invitations they come by, and the sessions they are signed in with."""

from .invitation import Invitation, State
from .person import SECOND_FACTORS, User, UserQuerySet
from .session import Session, Tries

__all__ = ["SECOND_FACTORS", "Invitation", "Session", "State", "Tries", "User", "UserQuerySet"]
