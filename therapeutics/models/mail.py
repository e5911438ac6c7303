"""What is known of outgoing mail beside the mail itself, which django-post-office keeps."""

import datetime as dt
import uuid
from typing import Self

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _
from post_office.models import STATUS, Log

from .single_row import SingleRow

WAITING = (STATUS.queued, STATUS.requeued)  # in the queue of django-post-office
ATTEMPTED = Q(mail__logs__status=STATUS.sent) | ~Q(mail__logs__exception_type="")
STUBBORN = 4  # attempts, about an hour, after which a mail that still waits is a trouble


class MailKind(models.TextChoices):
    BOOKED = "booked", _("Booking")
    CONFIRMED = "confirmed", _("Confirmation")
    MOVED = "moved", _("Moved")
    CANCELLED = "cancelled", _("Cancelled")
    SERIES_BOOKED = "series_booked", _("Series booked")
    SERIES_CHANGED = "series_changed", _("Series changed")
    SERIES_ENDED = "series_ended", _("Series ended")
    SERIES_MISSED = "series_missed", _("Series: dates not to be had")
    LEAVE_MOVED = "leave_moved", _("Moved because of leave")
    LEAVE_CANCELLED = "leave_cancelled", _("Cancelled because of leave")
    REMINDER = "reminder", _("Reminder")
    REQUEST = "request", _("New request")
    CLIENT_MOVED = "client_moved", _("Client moved")
    CLIENT_CANCELLED = "client_cancelled", _("Client cancelled")
    AGENDA = "agenda", _("The day’s appointments")
    INVITATION = "invitation", _("Invitation")
    ACCOUNT = "account", _("About an account")


OF_APPOINTMENTS = {
    *(MailKind.BOOKED, MailKind.CONFIRMED, MailKind.MOVED, MailKind.CANCELLED),
    *(MailKind.LEAVE_MOVED, MailKind.LEAVE_CANCELLED, MailKind.REMINDER),
    *(MailKind.REQUEST, MailKind.CLIENT_MOVED, MailKind.CLIENT_CANCELLED),
}


class MailState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    RETRYING = "retrying", _("Trying again")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("Not sent: overtaken")


STATES = {
    MailState.WAITING: Q(mail__status=STATUS.queued),
    MailState.SENT: Q(mail__status=STATUS.sent),
    MailState.RETRYING: Q(mail__status=STATUS.requeued),
    MailState.FAILED: Q(mail__status=STATUS.failed, withdrawn=False),
    MailState.WITHDRAWN: Q(mail__status=STATUS.failed, withdrawn=True),
}


class MailRecordQuerySet(models.QuerySet["MailRecord"]):
    def waiting(self) -> Self:
        """Those that are still to be sent."""
        return self.filter(mail__status__in=WAITING)

    def about(self, subject: uuid.UUID) -> Self:
        """Those that tell of the thing with this id."""
        return self.filter(about=subject)

    def matching(self, *, q: str = "", state: str = "") -> Self:
        """Those to an address with `q` in it, in this state, or in trouble."""
        found = self.filter(mail__to__icontains=q) if q else self
        if state == "trouble":
            return found.in_trouble()
        return found.filter(STATES[MailState(state)]) if state else found

    def in_trouble(self) -> Self:
        """Failed ones, and ones that fail for an hour now; not those that are put aside."""
        failing = STATES[MailState.FAILED] | (
            STATES[MailState.RETRYING] & Q(mail__number_of_retries__gte=STUBBORN)
        )
        return self.filter(failing, put_aside=False)

    def with_attempts(self) -> Self:
        """With `attempts`, and `refusal`: what was said at the last one that failed."""
        refusals = Log.objects.filter(email=OuterRef("mail"), status=STATUS.failed)
        return self.annotate(
            attempts=Count("mail__logs", filter=ATTEMPTED),
            refusal=Subquery(refusals.order_by("-pk").values("message")[:1]),
        ).order_by("-mail_id")


class MailRecord(models.Model):
    """What kind of mail a queued one is, and what it is about. Written by `therapeutics.mail`.

    `recipient` is the id of the person whom it is for, whatever their address was then. The
    database promises that two mails never have the same `once`, unless it is empty. `memo` is
    what its writer wants back when the mail is overtaken before it is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mail = models.OneToOneField(
        "post_office.Email",
        on_delete=models.CASCADE,
        related_name="record",
        verbose_name=_("mail"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind, default=MailKind.ACCOUNT)
    about = models.UUIDField(_("about"), null=True, db_index=True)
    recipient = models.UUIDField(_("to whom"), null=True, db_index=True)
    once = models.CharField(_("only once"), max_length=100, blank=True)
    memo = models.JSONField(_("memo"), null=True)
    expires_at = models.DateTimeField(_("too late at"), null=True)
    secret = models.BooleanField(_("has a key in it"), default=False)
    withdrawn = models.BooleanField(_("withdrawn"), default=False)
    put_aside = models.BooleanField(_("put aside"), default=False)

    objects = MailRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail record")
        verbose_name_plural = _("mail records")
        ordering = ["-mail_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["once"],
                condition=~Q(once=""),
                name="mail_queued_once",
                violation_error_message=_("This mail is queued already."),
            )
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def is_of_appointment(self) -> bool:
        """Whether `about` is the id of an appointment."""
        return self.kind in OF_APPOINTMENTS

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to look at it, as `in_trouble` has it. Reads its mail."""
        retries = self.mail.number_of_retries or 0
        is_stubborn = self.state == MailState.RETRYING and retries >= STUBBORN
        return not self.put_aside and (self.state == MailState.FAILED or is_stubborn)

    @property
    def state(self) -> MailState:
        """Where it stands. Reads its mail."""
        if self.withdrawn and self.mail.status == STATUS.failed:
            return MailState.WITHDRAWN
        return {
            STATUS.queued: MailState.WAITING,
            STATUS.requeued: MailState.RETRYING,
            STATUS.sent: MailState.SENT,
        }.get(self.mail.status, MailState.FAILED)


class MailFile(models.Model):
    """An attachment: in the database, so that every machine of the practice has it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("mail attachment")
        verbose_name_plural = _("mail attachments")

    def __str__(self) -> str:
        return self.name


class Worker(SingleRow):
    """When the worker was last at work, and what it does not get done."""

    seen_at = models.DateTimeField(_("seen at"))
    unwritten = models.PositiveIntegerField(_("mail it cannot write"), default=0, db_default=0)

    class Meta(SingleRow.Meta):
        verbose_name = _("worker")
        verbose_name_plural = _("worker")

    def __str__(self) -> str:
        return f"{self.seen_at:%Y-%m-%d %H:%M}"

    @classmethod
    def beat(cls, now: dt.datetime, *, unwritten: int = 0) -> None:
        """Note that the worker is at work, and how many things it has long failed to tell of."""
        found = {"seen_at": now, "unwritten": unwritten}
        cls.objects.update_or_create(pk=1, defaults=found)
