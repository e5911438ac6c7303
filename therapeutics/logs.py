"""What is logged, and how a line looks."""

import logging
import re
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
        asked = record.__dict__.pop("request", None)  # its name has the address in it
        # Django logs a refusal when the request is over for all middleware.
        record.request_id = tracing.current.get().request_id or getattr(asked, "request_id", "")
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
            # Its notices are noise, its tracebacks name recipients; `deliver` says what was sent.
            "post_office": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
        },
    }
