"""Sign-in, as allauth does it, with the answers of this site."""

from allauth.account.views import LoginView
from django.http import HttpResponse


class SignInView(LoginView):
    """A refused sign-in answers 422: no refusal here is a 200."""

    def form_invalid(self, form: object) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response
