"""Sign-in, as allauth does it, with the answers of this site."""

from allauth.account.views import LoginView
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse

UNPROCESSABLE, TOO_OFTEN = 422, 429


class SignInView(LoginView):
    """A refused sign-in answers 422, too many of them 429: no refusal here is a 200."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        too_often = form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts")
        response.status_code = TOO_OFTEN if too_often else UNPROCESSABLE
        return response
