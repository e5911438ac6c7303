"""The audit trail: who did what about whom, when and from where. Ids only, no text."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditKind(models.TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SIGNED_OUT = "signed_out", _("Signed out")
    REAUTHENTICATED = "reauthenticated", _("Confirmed who they are")
    SIGNED_UP = "signed_up", _("Opened an account")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET_ASKED = "password_reset_asked", _("Password reset asked for")
    PASSWORD_RESET = "password_reset", _("Password reset")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    SECOND_FACTOR_ADDED = "second_factor_added", _("Second factor added")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("Second factor removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes")
    SESSIONS_ENDED = "sessions_ended", _("Signed out elsewhere")
    FEED_RENEWED = "feed_renewed", _("Calendar address renewed")
    INVITED = "invited", _("Invited")
    INVITATION_RESENT = "invitation_resent", _("Invitation sent again")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation withdrawn")
    DEACTIVATED = "deactivated", _("Deactivated")
    REACTIVATED = "reactivated", _("Reactivated")
    DENIED = "denied", _("Denied")
    TOO_OFTEN = "too_often", _("Refused: too often")
    EXPORTED = "exported", _("Data downloaded")
    ERASURE_ASKED = "erasure_asked", _("Erasure asked for")
    ERASURE_DECLINED = "erasure_declined", _("Erasure declined")
    ERASED = "erased", _("Erased")
    EXPIRED = "expired", _("Removed after its period")
    ADMIN_ADDED = "admin_added", _("Added in Site admin")
    ADMIN_CHANGED = "admin_changed", _("Changed in Site admin")
    ADMIN_DELETED = "admin_deleted", _("Deleted in Site admin")


class AuditEvent(models.Model):
    """One thing that happened. Written by `therapeutics.audit`, and never changed.

    The database refuses to change one at all, and to delete one younger than 90 days (triggers of
    migration 0006). `by` and `about` are ids without a foreign key: a person may be erased.

    `about_model` says what `about` is the id of: a model (`accounts.user`), or of what was denied
    the page it was asked for at (`client_admin:client`).
    """

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=30, choices=AuditKind)
    by = models.UUIDField(_("by"), null=True, blank=True)
    about_model = models.CharField(_("about a"), max_length=60, blank=True)
    about = models.CharField(_("about"), max_length=40, blank=True)
    address = models.GenericIPAddressField(_("from"), unpack_ipv4=True, null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security log")
        ordering = ["-at", "-pk"]
        # Each of the log's filters and searches, the latest first.
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["kind", "at", "id"], name="audit_by_kind"),
            models.Index(fields=["by", "at", "id"], name="audit_by_person"),
            models.Index(fields=["about", "at", "id"], name="audit_by_thing"),
            models.Index(fields=["address", "at", "id"], name="audit_by_address"),
            models.Index(fields=["request_id"], name="audit_by_request"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
