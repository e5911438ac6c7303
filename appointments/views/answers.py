"""How a refusal is answered, and where one goes when it is done."""

import re

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from appointments import slots
from appointments.errors import BookingError
from appointments.models import Slot

SHORT_NUMBER = re.compile(r"[0-9]{1,9}")
OK = 200
UNPROCESSABLE = 422
CONFLICT = 409


def refuse(form: forms.Form, error: BookingError) -> int:
    """Write the refusal into the form and return its HTTP status."""
    form.add_error(None, str(error))
    return CONFLICT if error.conflict else UNPROCESSABLE


def refusals(form: forms.Form) -> list[str]:
    """Return every message of the form, for the summary above it."""
    return [str(message) for messages in form.errors.values() for message in messages]


def asked_anyway(slot: Slot) -> str:
    """Return the question whether staff give a closed hour all the same."""
    if reason := slots.why_closed(**slot._asdict()):
        ask = _(
            "The practice is closed then (%(reason)s). Do it all the same? "
            "Then tick “Yes” below, and send it again."
        )
        return ask % {"reason": reason}
    return _(
        "The practice is closed then. Do it all the same? Then tick “Yes” below, and send it again."
    )


def seen(request: HttpRequest) -> int | None:
    """Return how many changes the appointment had on the page that sent this; it says `?seen=`."""
    text = request.GET.get("seen", "")
    return int(text) if SHORT_NUMBER.fullmatch(text) else None


def local_path(address: str) -> str:
    """Return the address when it is a path of this site, else nothing."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, None)
    return address if is_ours else ""


def onward(request: HttpRequest, to: str, *args: object) -> HttpResponse:
    """Redirect to where the form says that it came from (`next`), or else to `to`."""
    return redirect(local_path(request.POST.get("next", "")) or resolve_url(to, *args))
