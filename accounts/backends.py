"""How a person is found: by user name or e-mail to sign in, by id for each request."""

import uuid

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from .models import User


class PersonBackend(AuthenticationBackend):
    """allauth's, with one query and one password hash for each try, whoever is tried.

    A known person's password is checked; for an unknown one allauth hashes the password
    given, so that both take as long.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: str) -> User | None:
        login = credentials.get("email") or credentials.get("username") or ""
        person = User.objects.known_as(User.normalize_username(login)).first()
        found: User | None = self._check_password(person, credentials.get("password", ""))
        return found

    def get_user(self, user_id: uuid.UUID | str) -> User | None:
        """Return the person and whether they have a second factor, in one query."""
        person = User.objects.with_second_factor().filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None
