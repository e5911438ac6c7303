"""When the practice can be booked, and by what rules."""

import datetime as dt
from collections.abc import Iterable

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from therapeutics.models import SingleRow

from .slot import FIRST_HOUR, HOUR_VALIDATORS, LAST_HOUR, Slot


class Weekday(models.IntegerChoices):
    """As `datetime.date.weekday()` counts."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpeningHours(models.Model):
    """A stretch of a weekday on which sessions start; a day with a break has two.

    A weekday without a row is closed.
    """

    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    first_hour = models.PositiveSmallIntegerField(
        _("first session"), default=FIRST_HOUR, validators=HOUR_VALIDATORS
    )
    last_hour = models.PositiveSmallIntegerField(
        _("last session"), default=LAST_HOUR, validators=HOUR_VALIDATORS
    )

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "first_hour"]
        constraints = [
            models.UniqueConstraint(
                fields=["weekday", "first_hour"],
                name="opening_hours_start_once",
                violation_error_message=_("This weekday already opens at this hour."),
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6)
                & Q(first_hour__gte=FIRST_HOUR, first_hour__lte=F("last_hour"))
                & Q(last_hour__lte=LAST_HOUR),
                name="opening_hours_in_order",
                violation_error_message=_("The last session cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.first_hour}:00–{self.last_hour + 1}:00"

    @property
    def hours(self) -> range:
        return range(self.first_hour, self.last_hour + 1)

    @staticmethod
    def fingerprint(rows: Iterable["OpeningHours"]) -> str:
        """Return what these rows say, in one line: `0-9-12 0-14-17 1-9-17`."""
        said = sorted((row.weekday, row.first_hour, row.last_hour) for row in rows)
        return " ".join("-".join(map(str, one)) for one in said)


class Closure(models.Model):
    """Days on which nothing can be booked, or only certain hours of them, with a reason."""

    first_date = models.DateField(_("first day"))
    last_date = models.DateField(_("last day"))
    first_hour = models.PositiveSmallIntegerField(
        _("from hour"),
        null=True,
        blank=True,
        validators=HOUR_VALIDATORS,
        help_text=_("Leave both hours empty to close whole days."),
    )
    last_hour = models.PositiveSmallIntegerField(
        _("to hour, included"), null=True, blank=True, validators=HOUR_VALIDATORS
    )
    reason = models.CharField(_("reason"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["first_date", "first_hour"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_date__lte=F("last_date")),
                name="closure_days_in_order",
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=Q(first_hour__isnull=True, last_hour__isnull=True)
                | Q(
                    first_hour__isnull=False,
                    last_hour__isnull=False,
                    first_hour__gte=FIRST_HOUR,
                    first_hour__lte=F("last_hour"),
                    last_hour__lte=LAST_HOUR,
                ),
                name="closure_hours_in_order",
                violation_error_message=_("Give both hours in order, or neither."),
            ),
        ]
        indexes = [models.Index(fields=["last_date", "first_date"], name="closure_by_date")]

    def __str__(self) -> str:
        return f"{self.first_date:%Y-%m-%d} – {self.last_date:%Y-%m-%d}"

    def covers(self, slot: Slot) -> bool:
        """Tell whether this hour is closed by it."""
        if not self.first_date <= slot.date <= self.last_date:
            return False
        if self.first_hour is None or self.last_hour is None:
            return True
        return self.first_hour <= slot.hour <= self.last_hour


class BookingPolicy(SingleRow):
    """What clients may do, and when. Staff are bound by the slot promise only."""

    needs_confirmation = models.BooleanField(
        _("bookings need confirmation"),
        default=True,
        help_text=_("A client's booking waits until the counsellor confirms it."),
    )
    notice_hours = models.PositiveSmallIntegerField(
        _("earliest booking, hours ahead"), default=24, validators=[MaxValueValidator(24 * 60)]
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("latest booking, days ahead"), default=90, validators=[MaxValueValidator(366)]
    )
    cancellation_notice_hours = models.PositiveSmallIntegerField(
        _("cancellation notice, hours"),
        default=24,
        validators=[MaxValueValidator(24 * 60)],
        help_text=_("Later is a late cancellation, and moving is refused."),
    )
    max_upcoming = models.PositiveSmallIntegerField(
        _("upcoming appointments per client, at most"), default=8
    )
    session_minutes = models.PositiveSmallIntegerField(
        _("session length shown, minutes"),
        default=50,
        validators=[MinValueValidator(5), MaxValueValidator(60)],
    )

    class Meta(SingleRow.Meta):
        verbose_name = _("booking policy")
        verbose_name_plural = _("booking policy")

    def __str__(self) -> str:
        return str(_("Booking policy"))

    @property
    def notice(self) -> dt.timedelta:
        return dt.timedelta(hours=self.notice_hours)

    @property
    def cancellation_notice(self) -> dt.timedelta:
        return dt.timedelta(hours=self.cancellation_notice_hours)
