"""Who may come in."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from . import trail

        trail.listen()
        authenticator_added.connect(_end_other_sessions)


def _end_other_sessions(sender: object, **what: Any) -> None:
    from . import people

    people.second_factor_added(
        authenticator=what["authenticator"], here=what["request"].session.session_key
    )
