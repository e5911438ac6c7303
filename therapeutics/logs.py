"""What is logged, and how a line looks."""

import logging
import re
import traceback
from typing import Any

from . import tracing

# Addresses with a key in them: of invitations, password resets, confirmations and feeds.
KEYS = re.compile(r"/(invitations|password/reset/key|confirm-email|feed)/[^/\s'\"]+")


class WithoutKeys(logging.Filter):
    """Writes addresses without the key that is in them: who reads logs opens no accounts.

    Every line names the request that it belongs to, "" outside of one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = KEYS.sub(r"/\1/…", record.getMessage()), ()
        request = record.__dict__.pop("request", None)  # its name has the address in it
        # Django writes of a refusal when the request's own time is over.
        source = getattr(request, "source", None) or tracing.current.get()
        record.request_id = source.request_id
        return True


class WithoutTexts(logging.Filter):
    """Writes where an exception came from, and not its text.

    PostgreSQL quotes the row that it refuses, Python the value that it cannot read: somebody's
    name, address or note.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1]:
            record.exc_text, record.exc_info = origin(record.exc_info[1]), None
        return True


def origin(error: BaseException | None) -> str:
    """Return the calls that led to an exception and its kind, then those of what it came of."""
    parts = []
    while error:
        parts += [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(parts)


def configuration(form: str) -> dict[str, Any]:
    """Return the logging configuration for lines in the form `json` or `text`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "{levelname} {name} {message}", "style": "{"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "{asctime} {levelname} {name} {request_id} {message}",
                "style": "{",
            },
        },
        "filters": {
            "without_keys": {"()": WithoutKeys},
            "without_texts": {"()": WithoutTexts},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form,
                # Lines for people are read by who develops; production writes JSON.
                "filters": ["without_keys", *(["without_texts"] if form == "json" else [])],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Its notices are noise, its tracebacks name recipients; `deliver` says what was sent.
            "post_office": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
        },
    }
