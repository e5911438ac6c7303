"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Practice

NOTED = 1 / 30  # of the limit: how much older the server's note of somebody may be
WARNING = 120  # seconds


def practice(request: HttpRequest) -> dict[str, object]:
    """The practice, read when a template first asks for it."""
    return {"practice": SimpleLazyObject(Practice.load)}


def idle(request: HttpRequest) -> dict[str, object]:
    """How long staff may be away, in seconds, and when to warn them."""
    limit = settings.STAFF_IDLE.total_seconds()
    return {"idle_seconds": int(limit * (1 - NOTED)), "idle_warning_seconds": WARNING}
