"""The practice itself, and the account of its mail."""

from .mail import MailFile, MailKind, MailRecord, MailState, Worker
from .practice import Practice, known_calendar
from .single_row import SingleRow

__all__ = [
    "MailFile",
    "MailKind",
    "MailRecord",
    "MailState",
    "Practice",
    "SingleRow",
    "Worker",
    "known_calendar",
]
