"""Appointments and what happened to them."""

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Window
from django.db.models.functions import Now, RowNumber
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .series import Series
from .slot import FIRST_HOUR, HOUR_VALIDATORS, LAST_HOUR, Slot, local_slot, starts_at


class Status(models.TextChoices):
    PENDING = "pending", _("Pending confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")
    ATTENDED = "attended", _("Attended")
    NO_SHOW = "no_show", _("Did not attend")


IN_CALENDARS = ("date", "hour", "status", "changes", "changed_at")
AHEAD = (Status.PENDING, Status.CONFIRMED)  # of a session that is to take place


class CancelledBy(models.TextChoices):
    CLIENT = "client", _("by client")
    PRACTICE = "practice", _("by practice")


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def active(self) -> Self:
        """Those that hold their slot."""
        return self.exclude(status=Status.CANCELLED)

    def between(self, first: dt.date, last: dt.date) -> Self:
        """Those from `first` to `last`, both included."""
        return self.filter(date__gte=first, date__lte=last)

    def for_client(self, client: User) -> Self:
        return self.filter(client=client)

    def visible_to(self, user: User) -> Self:
        """A client's own; everyone's for staff."""
        return self if user.is_staff else self.for_client(user)

    def matching(
        self,
        *,
        q: str = "",
        status: str = "",
        start: dt.date | None = None,
        end: dt.date | None = None,
        client: uuid.UUID | None = None,
    ) -> Self:
        """Those that meet every condition given; `q` is looked for in the client's details.

        With `q` it asks for the clients first: joined in, a broad search reads every row.
        """
        found = self
        if q:
            found = found.filter(
                client__in=list(User.objects.search(q).values_list("pk", flat=True))
            )
        if status:
            found = found.filter(status=status)
        if start:
            found = found.filter(date__gte=start)
        if end:
            found = found.filter(date__lte=end)
        return found.filter(client=client) if client else found

    def for_calendars(self) -> Self:
        """With what a calendar shows of them, and no more: there may be hundreds."""
        return self.only(*IN_CALENDARS)

    def with_names(self) -> Self:
        """As `for_calendars`, with the clients' names."""
        theirs = ("client__name", "client__username")
        return self.select_related("client").only(*IN_CALENDARS, *theirs)

    def upcoming(self, now: dt.datetime) -> Self:
        """Those whose hour is not over at `now`, cancelled ones included."""
        today, hour = local_slot(now)
        return self.filter(date__gte=today).exclude(date=today, hour__lt=hour)

    def past(self, now: dt.datetime) -> Self:
        """Those whose hour is over at `now`."""
        today, hour = local_slot(now)
        return self.filter(date__lte=today).exclude(date=today, hour__gte=hour)

    def first_of_each_client(self) -> Self:
        """Of each client's the earliest one."""
        place = Window(RowNumber(), partition_by="client", order_by=["date", "hour", "id"])
        return self.alias(place=place).filter(place=1)

    def tally(self) -> dict[str, int]:
        """How many were attended, were missed, and were cancelled late."""
        return self.aggregate(
            attended=Count("pk", filter=Q(status=Status.ATTENDED)),
            missed=Count("pk", filter=Q(status=Status.NO_SHOW)),
            cancelled_late=Count("pk", filter=Q(cancelled_late=True)),
        )


class Appointment(models.Model):
    """One session of one client. Written by `appointments.booking` only.

    The database promises that a slot has one appointment at most that is not cancelled.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="appointments",
        db_index=False,
        verbose_name=_("client"),
    )
    date = models.DateField(_("date"))
    hour = models.PositiveSmallIntegerField(_("hour"), validators=HOUR_VALIDATORS)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    cancelled_by = models.CharField(
        _("cancelled by"), max_length=10, choices=CancelledBy, blank=True
    )
    cancelled_late = models.BooleanField(_("cancelled late"), default=False)
    note = models.TextField(_("note from the client"), max_length=500, blank=True)
    reason = models.CharField(
        _("reason of the last change"),
        max_length=200,
        blank=True,
        help_text=_("Only the practice sees this."),
    )
    created_at = models.DateTimeField(_("booked at"))
    changed_at = models.DateTimeField(_("changed at"), db_default=Now())
    changes = models.PositiveIntegerField(_("number of changes"), default=0, db_default=0)
    series = models.ForeignKey(
        Series,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("series"),
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["date", "hour", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["date", "hour"],
                condition=~Q(status="cancelled"),
                name="one_active_appointment_per_slot",
                violation_error_message=_("This time is taken."),
            ),
            models.CheckConstraint(
                condition=Q(hour__gte=FIRST_HOUR, hour__lte=LAST_HOUR),
                name="appointment_hour_starts_a_session",
                violation_error_message=_("Sessions start from 9 am to 5 pm."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "confirmed", "attended", "no_show"])
                & Q(cancelled_by="", cancelled_late=False)
                | Q(status="cancelled", cancelled_by="client")
                | Q(status="cancelled", cancelled_by="practice", cancelled_late=False),
                name="appointment_says_who_cancelled",
                violation_error_message=_("A cancelled appointment says who cancelled it."),
            ),
        ]
        indexes = [
            models.Index(fields=["date", "hour", "id"], name="appointment_everyones"),
            models.Index(fields=["client", "date", "hour"], name="appointment_clients"),
            models.Index(fields=["status", "date", "hour"], name="appointment_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.hour:02}:00"

    def get_absolute_url(self) -> str:
        return reverse("appointments:detail", args=[self.pk])

    @property
    def slot(self) -> Slot:
        return Slot(self.date, self.hour)

    @property
    def starts_at(self) -> dt.datetime:
        return starts_at(self.date, self.hour)

    @property
    def is_active(self) -> bool:
        return self.status != Status.CANCELLED


class AppointmentEvent(models.Model):
    """One change of an appointment: who, when, what, from, to. Ids and slots, no free text.

    The `to_…` fields of an appointment's last event are its state.
    """

    class Action(models.TextChoices):
        BOOKED = "booked", _("Booked")
        MOVED = "moved", _("Moved")
        CONFIRMED = "confirmed", _("Confirmed")
        CANCELLED = "cancelled", _("Cancelled")
        ATTENDED = "attended", _("Marked as attended")
        NO_SHOW = "no_show", _("Marked as not attended")
        WAIVED = "waived", _("Late cancellation waived")

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    action = models.CharField(_("action"), max_length=10, choices=Action)
    from_status = models.CharField(_("from status"), max_length=10, choices=Status, blank=True)
    from_date = models.DateField(_("from date"), null=True)
    from_hour = models.PositiveSmallIntegerField(_("from hour"), null=True)
    to_status = models.CharField(_("to status"), max_length=10, choices=Status)
    to_date = models.DateField(_("to date"))
    to_hour = models.PositiveSmallIntegerField(_("to hour"))
    late = models.BooleanField(_("late cancellation"), default=False)
    told = models.BooleanField(_("known to the client"), default=True, db_default=True)
    to_tell = models.BooleanField(_("mail to be written"), default=False, db_default=False)

    class Meta:
        verbose_name = _("appointment event")
        verbose_name_plural = _("appointment events")
        ordering = ["id"]
        indexes = [models.Index("id", condition=Q(to_tell=True), name="event_to_tell")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.to_date:%Y-%m-%d} {self.to_hour:02}:00"
