"""Site admin: people, their second factors, and the invitations they came by."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from therapeutics import audit
from therapeutics.admin import LoggedAdmin, ReadOnly
from therapeutics.models import AuditKind

from . import people
from .models import Invitation, User

admin.site.unregister(Group)  # who may do what hangs on three flags of a person
admin.site.unregister(EmailAddress)  # a person's address is a field of theirs
admin.site.unregister(Authenticator)  # allauth's page shows the secrets
admin.site.unregister(Invitation)  # the library's page shows the keys


class NewPasswordForm(AdminPasswordChangeForm):
    """A password that the superuser gives: old sessions end, and the owner is told."""

    field_order = ["usable_password", "password1", "password2"]

    def save(self, commit: bool = True) -> User:
        chosen = self.cleaned_data
        password = chosen["password1"] if chosen["set_usable_password"] else None
        adapter = get_adapter()
        by, now = adapter.request.user, timezone.now()
        with transaction.atomic():
            people.set_password(person=self.user, password=password, by=by, now=now)
            adapter.send_notification_mail("account/email/password_changed", self.user)
        return self.user


class PersonForm(UserChangeForm):
    """A person; the password's place refers to a help text that Django gives no id."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password" in self.fields:
            self.fields["password"].help_text = ""


@admin.register(User)
class PersonAdmin(LoggedAdmin, UserAdmin):
    list_display = ["name", "username", "email", "phone", "is_staff", "is_active", "last_login"]
    list_filter = [
        "is_staff",
        "is_superuser",
        "is_active",
        ("erasure_asked_at", admin.EmptyFieldListFilter),
        ("erased_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["name", "username", "email", "phone"]
    ordering = ["name", "username"]
    date_hierarchy = "date_joined"
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "phone")}),
        (_("May do"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined", "erasure_asked_at", "erased_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "name", "email", "usable_password", "password1", "password2")},
        ),
    )
    readonly_fields = ["last_login", "date_joined", "erasure_asked_at", "erased_at"]
    form = PersonForm
    change_password_form = NewPasswordForm

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Nobody takes away their own right to be here."""
        flags = ["is_active", "is_staff", "is_superuser"] if obj == request.user else []
        return [*self.readonly_fields, *flags]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are deactivated, or erased: their appointments stay in the practice's numbers."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Who was erased does not come back."""
        erased = obj is not None and obj.erased_at is not None
        return not erased and super().has_change_permission(request, obj)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Say on top who asks to be erased: the law gives a month."""
        self._point_to_requests(request)
        return super().changelist_view(request, extra_context)

    def _point_to_requests(self, request: HttpRequest) -> None:
        count = User.objects.asking_for_erasure().count()
        if count and request.method == "GET":
            text = ngettext(
                '%(count)d person asks to be erased. <a href="{}">See who</a>.',
                '%(count)d people ask to be erased. <a href="{}">See who</a>.',
                count,
            )
            link = "?erasure_asked_at__isempty=0"
            messages.warning(request, format_html(text % {"count": count}, link))

    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        by, now = cast(User, request.user), timezone.now()
        if "email" in form.changed_data:
            people.trust_email(person=obj)
            if change:
                audit.record(AuditKind.EMAIL_CHANGED, now=now, by=by.pk, about=obj)
        if change and "is_active" in form.changed_data:
            if obj.is_active:
                people.reactivate(person=obj, by=by, now=now)
            else:
                people.deactivate(person=obj, by=by, now=now)
                self._point_to_appointments(request, obj)

    def _point_to_appointments(self, request: HttpRequest, person: User) -> None:
        if person.is_staff:
            return
        link = reverse("client_admin:client", args=[person.pk])
        text = gettext(
            'They are signed out. <a href="{}">See the appointments they still have</a>.'
        )
        messages.warning(request, format_html(text, link))


@admin.register(Authenticator)
class SecondFactorAdmin(LoggedAdmin):
    """Somebody who has lost their second factor is helped by deleting it; nothing shows it."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__name", "user__username", "user__email"]
    fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        people.remove_second_factors(authenticators=[obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        people.remove_second_factors(authenticators=queryset.select_related("user"))


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, LoggedAdmin):
    list_display = ["email", "name", "inviter", "sent", "expires_at", "revoked_at", "accepted_at"]
    list_select_related = ["inviter"]
    search_fields = ["email", "name"]
    date_hierarchy = "sent"
    exclude = ("key", "mail")
