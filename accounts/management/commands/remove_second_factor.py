"""The way back in for somebody who has lost the second factor, and whom nobody else can help."""

from argparse import ArgumentParser

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError

from accounts import people
from accounts.models import User


class Command(BaseCommand):
    help = "Removes a person's app, passkeys and recovery codes: they sign in by password alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login", help="user name or e-mail")

    def handle(self, *, login: str, **options: object) -> None:
        person = User.objects.known_as(login).first()
        if person is None:
            raise CommandError("Nobody is known by this user name or e-mail.")
        factors = Authenticator.objects.filter(user=person).select_related("user")
        self.stdout.write(f"{len(factors)} removed")
        people.remove_second_factors(authenticators=factors)
