"""The people who may come in."""

import uuid
from typing import Any, ClassVar, Self

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractUser, UserManager
from django.core import signing
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.validators import (
    validate_address,
    validate_line,
    validate_name,
    validate_username,
)

FEED = signing.Signer(sep=".", salt="calendar feed")
ERASED = "erased-"  # what the user name of a person who was erased begins with
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class Contact(models.TextChoices):
    """How a client would like to be reached."""

    EMAIL = "email", _("By e-mail")
    PHONE = "phone", _("By phone")
    EITHER = "either", _("Either is fine")


class Mailing(models.TextChoices):
    """What a person may want mail about, or not."""

    BOOKED = "booked", _("I book, or an appointment is booked for me")
    CONFIRMED = "confirmed", _("an appointment is confirmed")
    MOVED = "moved", _("an appointment is moved")
    CANCELLED = "cancelled", _("an appointment is cancelled")
    SERIES = "series", _("my regular appointments change")
    REQUEST = "request", _("a client asks for an appointment")
    CLIENT_MOVED = "client_moved", _("a client moves an appointment")
    CLIENT_CANCELLED = "client_cancelled", _("a client cancels an appointment")
    SERIES_MISSED = "series_missed", _("a date of a series cannot be booked")


STAFF_MAILINGS = (
    Mailing.REQUEST,
    Mailing.CLIENT_MOVED,
    Mailing.CLIENT_CANCELLED,
    Mailing.SERIES_MISSED,
)


class Reminder(models.IntegerChoices):
    """How many hours before an appointment a client is reminded of it."""

    TWO_DAYS = 48, _("Two days before")
    ONE_DAY = 24, _("One day before")
    TWO_HOURS = 2, _("Two hours before")
    NONE = 0, _("No reminder")


class FeedTitles(models.TextChoices):
    """What the sessions in a counsellor's calendar feed are called."""

    INITIALS = "initials", _("The client's initials")
    NEUTRAL = "neutral", _("“Appointment”")


class UserQuerySet(models.QuerySet["User"]):
    def clients(self) -> Self:
        """The people who book sessions: everyone who is not staff."""
        return self.filter(is_staff=False)

    def active(self) -> Self:
        """Those whose account is open."""
        return self.filter(is_active=True)

    def deactivated(self) -> Self:
        """Those whose account is closed."""
        return self.filter(is_active=False)

    def remembered(self) -> Self:
        """Those who were not erased."""
        return self.filter(erased_at=None)

    def asking_for_erasure(self) -> Self:
        return self.exclude(erasure_asked_at=None)

    def told_by_clients(self) -> "list[User]":
        """Who hears of what clients do: the counsellors; superusers where there is no other."""
        staff: list[User] = [*self.active().filter(is_staff=True).exclude(email="")]
        return [person for person in staff if not person.is_superuser] or staff

    def known_as(self, login: str) -> Self:
        """The one person whose e-mail (with an `@`) or user name this is, in any case."""
        field = "email" if "@" in login else "username"
        return self.alias(known_as=Lower(field)).filter(known_as=login.lower())

    def holding(self, token: str) -> "User | None":
        """The one person whose calendar feed has this secret token, if it was not renewed."""
        try:
            person, number = FEED.unsign_object(token)
            return self.filter(pk=uuid.UUID(hex=person), feed_number=number).first()
        except (signing.BadSignature, TypeError, ValueError):
            return None

    def with_second_factor(self) -> Self:
        """With `has_second_factor` read along."""
        factors = Authenticator.objects.filter(user=models.OuterRef("pk"), type__in=SECOND_FACTORS)
        return self.annotate(has_second_factor=models.Exists(factors))

    def search(self, text: str) -> Self:
        """The people whose name, user name, e-mail or phone contains `text`, in any case."""
        return self.filter(
            models.Q(name__icontains=text)
            | models.Q(username__icontains=text)
            | models.Q(email__icontains=text)
            | models.Q(phone__icontains=text)
        )

    def matching(self, *, q: str = "", account: str = "all") -> Self:
        """Those whom `q` finds, with an account that is `open`, `deactivated`, or `all`.

        Nobody looks for who was erased.
        """
        found = (self.search(q) if q else self).remembered()
        if account == "open":
            return found.active()
        return found.deactivated() if account == "deactivated" else found


class PersonManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # made here
    use_in_migrations = False

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Addresses are kept in lower case: allauth looks for them so."""
        return (email or "").lower()

    def _create_user(self, username: str, email: str | None, *args: Any, **fields: Any) -> "User":
        """Whoever makes a person by hand, at the command line say, vouches for the e-mail."""
        person: User = super()._create_user(username, email, *args, **fields)
        person.trust_email()
        return person


class User(AbstractUser):
    """A client, a counsellor (`is_staff`) or a superuser.

    The id is a UUID: nobody can count the practice's clients from an address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_name = None  # type: ignore[assignment]  # one name, as people give it
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        _("user name"),
        max_length=150,
        unique=True,
        validators=[validate_username],
        error_messages={"unique": _("This user name is taken. Please choose another one.")},
    )
    email = models.EmailField(_("e-mail"), blank=True, validators=[validate_address])
    name = models.CharField(
        _("name"), max_length=150, blank=True, validators=[validate_line, validate_name]
    )
    phone = models.CharField(_("phone"), max_length=30, blank=True, validators=[validate_line])
    contact = models.CharField(
        _("how to reach them"), max_length=6, choices=Contact, default=Contact.EITHER
    )
    muted = models.JSONField(_("no mail about"), default=list, blank=True)
    reminder = models.PositiveSmallIntegerField(
        _("reminder"), choices=Reminder, default=Reminder.ONE_DAY
    )
    calendar_files = models.BooleanField(_("calendar files in mail"), default=True)
    agenda = models.BooleanField(_("the day's appointments by mail"), default=False)
    feed_titles = models.CharField(
        _("titles in the calendar feed"),
        max_length=10,
        choices=FeedTitles,
        default=FeedTitles.NEUTRAL,
    )
    feed_number = models.PositiveIntegerField(_("number of the feed"), default=1, editable=False)
    erasure_asked_at = models.DateTimeField(_("asked to be erased"), null=True, editable=False)
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)

    objects: ClassVar = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "username"]
        indexes = [models.Index(fields=["name", "username"], name="accounts_user_by_name")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="accounts_user_email_once_in_any_case",
                violation_error_message=_("Someone with this e-mail address exists."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_superuser=False) | models.Q(is_staff=True),
                name="accounts_user_superuser_is_staff",
                violation_error_message=_("A superuser is staff as well."),
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(
                    is_active=False,
                    is_staff=False,
                    name="",
                    email="",
                    phone="",
                    erasure_asked_at=None,
                    username__startswith=ERASED,
                ),
                name="accounts_user_erased_is_nobody",
                violation_error_message=_("Who was erased does not come back."),
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_once_in_any_case",
                violation_error_message=_("This user name is taken. Please choose another one."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        if not self.name and self.username.startswith(ERASED):
            return gettext("Erased client")
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name().split()[0] if self.get_full_name().split() else self.username

    def get_initials(self) -> str:
        """AB: what is shown of a name where others may look on."""
        first = [next(filter(str.isalnum, word), "") for word in self.get_full_name().split()]
        letters = [letter for letter in first if letter]
        return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"

    @property
    def feed_token(self) -> str:
        """What the address of the person's calendar feed is secret by; the next number ends it."""
        return FEED.sign_object([self.pk.hex, self.feed_number])

    def wants(self, mailing: Mailing) -> bool:
        """Tell whether mail about this reaches the person, and is welcome."""
        return bool(self.email) and mailing not in self.muted

    def trust_email(self) -> None:
        """Make the e-mail, as it is now, the only verified one of this person."""
        EmailAddress.objects.filter(user=self).delete()
        if self.email:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)

    @cached_property
    def has_second_factor(self) -> bool:
        """Whether signing in asks for more than the password; read with the user of a request."""
        return Authenticator.objects.filter(user=self, type__in=SECOND_FACTORS).exists()
