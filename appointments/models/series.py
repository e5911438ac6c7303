"""Standing slots: a client's session at the same hour of the same weekday, again and again."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .slot import FIRST_HOUR, HOUR_VALIDATORS, LAST_HOUR


class Rhythm(models.IntegerChoices):
    """Every how many weeks."""

    WEEKLY = 1, _("Weekly")
    FORTNIGHTLY = 2, _("Fortnightly")


class SeriesQuerySet(models.QuerySet["Series"]):
    def going_on(self, today: dt.date) -> Self:
        """Those that have dates from `today` on."""
        return self.filter(Q(last_date__isnull=True) | Q(last_date__gte=today))

    def for_client(self, client: models.Model) -> Self:
        return self.filter(client=client)


class Series(models.Model):
    """A standing slot of one client, by the practice's clock. Written by `appointments.series`.

    Its dates are `first_date` and every `rhythm` weeks after it, up to `last_date`; without one
    it goes on, and is booked ahead by the worker. What became of each date up to `decided_until`
    is an appointment or a `SeriesGap`. A session that was moved by itself stays in the series.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="series",
        verbose_name=_("client"),
    )
    first_date = models.DateField(_("first date"))
    hour = models.PositiveSmallIntegerField(_("hour"), validators=HOUR_VALIDATORS)
    rhythm = models.PositiveSmallIntegerField(_("rhythm"), choices=Rhythm)
    last_date = models.DateField(_("last date"), null=True, blank=True)
    decided_until = models.DateField(_("decided until"))
    created_at = models.DateTimeField(_("made at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hour__gte=FIRST_HOUR, hour__lte=LAST_HOUR),
                name="series_hour_starts_a_session",
                violation_error_message=_("Sessions start from 9 am to 5 pm."),
            ),
            models.CheckConstraint(
                condition=Q(rhythm__in=[1, 2]),
                name="series_rhythm_known",
                violation_error_message=_("A series is weekly or fortnightly."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rhythm_display()} {self.first_date:%A} {self.hour:02}:00"

    def get_absolute_url(self) -> str:
        return reverse("client_admin:series", args=[self.pk])

    @staticmethod
    def last_of(first_date: dt.date, rhythm: int, sessions: int) -> dt.date:
        """Return the last date of so many sessions."""
        return first_date + (sessions - 1) * dt.timedelta(weeks=rhythm)

    @property
    def step(self) -> dt.timedelta:
        return dt.timedelta(weeks=self.rhythm)

    def has_dates_after(self, day: dt.date) -> bool:
        """Tell whether it goes on for another step after one of its dates."""
        return self.last_date is None or day + self.step <= self.last_date

    def dates(self, after: dt.date, until: dt.date) -> Iterator[dt.date]:
        """Yield its dates after `after`, up to `until` or its own end."""
        last = min(until, self.last_date) if self.last_date else until
        passed = (after - self.first_date) // self.step + 1
        date = self.first_date + max(passed, 0) * self.step
        while date <= last:
            yield date
            date += self.step


class SeriesGap(models.Model):
    """A date of a series that has no session, and why."""

    class Why(models.TextChoices):
        SKIPPED = "skipped", _("Left out")
        CLOSED = "closed", _("The practice was closed")
        TAKEN = "taken", _("The time was taken")

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="gaps")
    date = models.DateField(_("date"))
    why = models.CharField(_("why"), max_length=10, choices=Why)

    class Meta:
        verbose_name = _("gap in a series")
        verbose_name_plural = _("gaps in series")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["series", "date"], name="series_gap_once_a_date")
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.why}"
