"""What every template knows."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Practice


def practice(request: HttpRequest) -> dict[str, object]:
    """The practice, read when a template first asks for it."""
    return {"practice": SimpleLazyObject(Practice.load)}
