"""How a refusal is answered."""

from django import forms

from appointments.errors import BookingError

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
