"""People, the invitations they come by, and the sessions they are signed in with."""

from .invitation import Invitation, State
from .person import User, UserQuerySet
from .session import Session, Tries

__all__ = ["Invitation", "Session", "State", "Tries", "User", "UserQuerySet"]
