"""The practice itself, the account of its mail, and the audit trail."""

from .audit import AuditEvent, AuditKind
from .mail import MailFile, MailKind, MailRecord, MailState, Worker
from .practice import Practice, known_calendar
from .single_row import SingleRow

__all__ = [
    "AuditEvent",
    "AuditKind",
    "MailFile",
    "MailKind",
    "MailRecord",
    "MailState",
    "Practice",
    "SingleRow",
    "Worker",
    "known_calendar",
]
