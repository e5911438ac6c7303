"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Practice

WARNING = 120  # seconds


def practice(request: HttpRequest) -> dict[str, object]:
    """The practice, read when a template first asks for it."""
    return {"practice": SimpleLazyObject(Practice.load)}


def idle(request: HttpRequest) -> dict[str, object]:
    """How long staff may be away, in seconds, and when to warn them."""
    limit = settings.STAFF_IDLE - settings.SEEN_NOTED_EVERY  # as old as a note may be
    return {"idle_seconds": int(limit.total_seconds()), "idle_warning_seconds": WARNING}
