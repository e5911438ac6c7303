"""What is logged, and how a line looks."""

from typing import Any


def configuration(form: str) -> dict[str, Any]:
    """Return the logging configuration for lines in the form `json` or `text`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "{levelname} {name} {message}", "style": "{"},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "{asctime} {levelname} {name} {message}",
                "style": "{",
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Its notices of each round are noise; `deliver` says what was sent.
            "post_office": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        },
    }
