"""What is logged, and how a line looks."""

import logging
import re
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
traceback = logging.Formatter().formatException


def discreet(text: str) -> str:
    """Return the text without keys and names: who reads logs opens and learns nothing."""
    text = KEYS.sub(r"/\1/…", text)
    for pattern, instead in NAMES:
        text = pattern.sub(instead, text)
    return text


class WithoutKeys(logging.Filter):
    """Writes lines and tracebacks without the keys and names that are in them.

    Every line names the request that it belongs to, "" outside of one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = discreet(record.getMessage()), ()
        if record.exc_info:
            record.exc_text, record.exc_info = discreet(traceback(record.exc_info)), None
        record.__dict__.pop("request", None)  # its name has the address in it
        record.request_id = tracing.current.get().request_id
        return True


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
        "filters": {"without_keys": {"()": WithoutKeys}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["without_keys"],
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
