"""How long what is kept is kept."""

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from therapeutics.models import SingleRow

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Text

LONGEST_DAYS, LONGEST_YEARS = 32_000, 100
AUDIT_DAYS = 90  # the database refuses to delete security events that are younger


def _period(name: "Text", default: int, within: tuple[int, int], help_text: "Text") -> models.Field:
    return models.PositiveSmallIntegerField(
        name,
        default=default,
        null=True,
        blank=True,
        validators=[MinValueValidator(within[0]), MaxValueValidator(within[1])],
        help_text=help_text,
    )


class RetentionPolicy(SingleRow):
    """After which time what is removed. An empty period keeps for good.

    Nothing is removed by itself unless `automatic` is ticked: `manage.py retention` shows what
    would go, and removes it with `--apply`. Where the periods come from is in docs/privacy.md.
    """

    automatic = models.BooleanField(
        _("remove every day"),
        default=False,
        help_text=_("Run “manage.py retention” first: it lists what would go."),
    )
    mail_days = _period(
        _("mail, days"), 90, (7, LONGEST_DAYS), _("After it was sent, or has failed.")
    )
    invitation_days = _period(
        _("invitations without an answer, days"),
        90,
        (1, LONGEST_DAYS),
        _("After they have expired."),
    )
    audit_days = _period(
        _("security log, days"),
        400,
        (AUDIT_DAYS, LONGEST_DAYS),
        _("At least 90: before that the database refuses."),
    )
    note_years = _period(
        _("notes and reasons of appointments, years"),
        7,
        (1, LONGEST_YEARS),
        _("After the appointment."),
    )
    client_years = _period(
        _("clients, years"),
        7,
        (1, LONGEST_YEARS),
        _("After their last appointment and sign-in. They are erased."),
    )

    class Meta(SingleRow.Meta):
        verbose_name = _("retention policy")
        verbose_name_plural = _("retention policy")

    def __str__(self) -> str:
        return str(_("Retention policy"))
