"""What is logged, and how a line looks."""

import logging
import re
import traceback
from typing import Any

from . import tracing

# Addresses with a key in them: of invitations, password resets, confirmations and feeds.
KEYS = re.compile(r"/(invitations|password/reset/key|confirm-email|feed)/[^/\s'\"]+")
# What names somebody: what was searched for, e-mail addresses, the values that a database quotes
# in a complaint, and where a request came from, which gunicorn tells of one that it cannot read.
NAMES = [
    (re.compile(r"(/[\w./-]*)\?[^\s'\"]+"), r"\1?…"),
    (re.compile(r"[^\s<>()\[\]{}'\",;:=]+@[\w-]+(\.[\w-]+)+"), "…@…"),
    (re.compile(r"(DETAIL:).*"), r"\1 …"),
    (re.compile(r"\bip=\S+"), "ip=…"),
]


def discreet(text: str) -> str:
    """Return the text without keys and names: who reads logs opens and learns nothing."""
    text = KEYS.sub(r"/\1/…", text)
    for pattern, instead in NAMES:
        text = pattern.sub(instead, text)
    return text


class Discreet(logging.Filter):
    """Writes lines and tracebacks without the keys and names that are in them.

    Every line names the request that it belongs to, "" outside of one. Without `texts` a
    traceback has its calls and the kinds of its exceptions only: PostgreSQL quotes the row that
    it refuses, Python the value that it cannot read.
    """

    def __init__(self, *, texts: bool) -> None:
        super().__init__()
        self.written = traceback.format_exception if texts else origin

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = discreet(record.getMessage()), ()
        if record.exc_info and record.exc_info[1]:
            text = "".join(self.written(record.exc_info[1]))
            record.exc_text, record.exc_info = discreet(text), None
        request = record.__dict__.pop("request", None)  # its name has the address in it
        # Django writes of a refusal when the request's own time is over.
        source = getattr(request, "source", None) or tracing.current.get()
        record.request_id = source.request_id
        return True


def origin(error: BaseException | None) -> list[str]:
    """Return the calls that led to an exception and its kind, then those of what it came of."""
    parts = []
    while error:
        parts += [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n"]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return parts


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
        # Lines for people are read by who develops; production writes JSON.
        "filters": {"discreet": {"()": Discreet, "texts": form == "text"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["discreet"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # gunicorn's own notices, in the same form as all others.
            "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
            # Its notices are noise, its tracebacks name recipients; `deliver` says what was sent.
            "post_office": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
        },
    }
