"""What allauth asks of us."""

from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmationHMAC
from django.conf import settings
from django.http import HttpRequest

from therapeutics import mail

from .models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody can register: new clients phone, and are then invited."""
        return False

    def get_from_email(self) -> str:
        return mail.sender()

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _on_our_site(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(
        self, request: HttpRequest, emailconfirmation: EmailConfirmationHMAC
    ) -> str:
        return _on_our_site(super().get_email_confirmation_url(request, emailconfirmation))


def _on_our_site(url: str) -> str:
    """Links in mail lead to SITE_URL, whatever host the request named."""
    return settings.SITE_URL + urlsplit(url).path


def display_name(user: User) -> str:
    return user.get_full_name()
