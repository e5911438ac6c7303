"""Site admin: the practice, and what other pages of Site admin share."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.base import ContentFile, File
from django.core.files.images import get_image_dimensions
from django.db import models, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from . import audit, media, security_log, uploads
from .models import AuditEvent, AuditKind, Practice, SingleRow

# Queued mail has keys and private words in it: nobody reads it here.
for table in ("email", "log", "emailtemplate", "attachment"):
    admin.site.unregister(apps.get_model("post_office", table))


class ReadOnly:
    """No form writes this table: whatever changes it goes through its domain module."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LoggedAdmin(admin.ModelAdmin):
    """What is done here is written to the security log, in its transaction: ids, never names.

    Django's own log would keep the name of each thing and what was changed of it, for ever and
    beside the person's erasure. Nothing is written to it.
    """

    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> Any:
        self._log(AuditKind.ADMIN_ADDED, request, [obj])

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> Any:
        self._log(AuditKind.ADMIN_CHANGED, request, [obj])

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        self._log(AuditKind.ADMIN_DELETED, request, queryset)

    def _log(self, kind: AuditKind, request: HttpRequest, things: Iterable[Model]) -> None:
        for thing in things:
            audit.record(kind, now=timezone.now(), by=request.user.pk, about=thing)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to what the security log has about the thing."""
        thing = {"about_model": self.opts.label_lower, "about": unquote(object_id)}
        return redirect(reverse("admin:therapeutics_auditevent_changelist", query=thing))


class SingleRowAdmin(LoggedAdmin):
    """One row: it is made once, changed, and never deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not self.model.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: SingleRow | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Lead to the form of the one row: there is nothing to list."""
        row = self.model.objects.first()
        page, key = ("change", [row.pk]) if row else ("add", [])
        meta = self.opts
        return redirect(f"admin:{meta.app_label}_{meta.model_name}_{page}", *key)


class PictureField(forms.FileField):
    """An upload that comes out as a picture of ours, whatever it was called and said of itself."""

    def to_python(self, data: File | None) -> ContentFile | None:
        upload = super().to_python(data)
        if upload and (refusal := media.storage().refusal):
            raise forms.ValidationError(refusal)
        return uploads.prepared(upload) if upload else None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {"accept": "image/jpeg,image/png,image/webp"}


class PracticeForm(forms.ModelForm):
    """The practice. Its picture is stored before the row, so that a refusal can be shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hero = self.fields["hero"]
        if refusal := media.storage().refusal:
            hero.help_text = refusal
            # A disabled input has no checkbox either, and a stored picture may still be cleared.
            hero.widget.attrs["disabled"] = not self.instance.hero

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or self.errors or "hero" not in self.changed_data:
            return
        picture, practice = self.cleaned_data["hero"], self.instance
        size = get_image_dimensions(picture) if picture else None
        practice.hero_width, practice.hero_height = size or (None, None)
        try:
            if picture:
                practice.hero.save(picture.name, picture, save=False)
        except media.NotStored as error:
            self.add_error("hero", str(error))


@admin.register(Practice)
class PracticeAdmin(SingleRowAdmin):
    form = PracticeForm
    list_display = ["name", "phone", "email"]
    readonly_fields = ["preview"]
    formfield_overrides = {
        # The length is of the uploader's name, which is not kept.
        models.ImageField: {
            "form_class": PictureField,
            "widget": AdminFileWidget,
            "max_length": None,
        }
    }

    @admin.display(description=_("present picture"))
    def preview(self, practice: Practice) -> SafeString | None:
        if picture := Practice.load().picture:  # the given one has what a refused form holds
            return format_html(
                '<img src="{}" width="320" alt="{}">', picture.smallest, _("present picture")
            )
        return None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show or save the form, without Django's transaction around all of it.

        Cloudinary may take its time, and on SQLite nobody could book meanwhile.
        """
        view = self._changeform_view  # type: ignore[attr-defined]  # Django's own, without the transaction
        return view(request, object_id, form_url, extra_context)

    def save_model(
        self, request: HttpRequest, obj: Practice, form: PracticeForm, change: bool
    ) -> None:
        """Save the row. Of its pictures, the one that no row names any more is deleted."""
        if "hero" not in form.changed_data:
            self._save(request, obj, form, change)
            return
        try:
            with transaction.atomic():
                rows = Practice.objects.select_for_update().filter(pk=obj.pk)
                before = rows.values_list("hero", flat=True).first()
                self._save(request, obj, form, change)
                if before:
                    media.forget(name=before)
        except Exception:
            if obj.hero:
                media.discard(name=str(obj.hero))
            raise

    def _save(self, request: HttpRequest, obj: Practice, form: PracticeForm, change: bool) -> None:
        kind = AuditKind.ADMIN_CHANGED if change else AuditKind.ADMIN_ADDED
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            super()._log(kind, request, [obj])

    def _log(self, kind: AuditKind, request: HttpRequest, things: Iterable[Model]) -> None:
        """`save_model` has logged it, in the transaction that this form has of its own."""


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, LoggedAdmin):
    """The security log. Names are looked up as it is shown: the log itself has ids only."""

    list_display = ["when", "kind", "who", "what", "address", "request_id"]
    list_display_links = ["when"]
    list_filter = [security_log.Narrow, "kind"]
    search_fields = ["request_id", "address", "by"]  # for the box: `get_search_results` asks
    sortable_by = ()
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = security_log.ShortPaginator
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[security_log.LogList]:
        return security_log.LogList

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[AuditEvent], search_term: str
    ) -> tuple[models.QuerySet[AuditEvent], bool]:
        text = search_term.strip()
        return (security_log.search(queryset, text) if text else queryset), False

    @admin.display(description=_("at"), ordering="at")
    def when(self, event: AuditEvent) -> str:
        return date_format(timezone.localtime(event.at), "j M Y, H:i:s")

    @admin.display(description=_("by"))
    def who(self, event: AuditEvent) -> str:
        return security_log.who(event)

    @admin.display(description=_("about"))
    def what(self, event: AuditEvent) -> str:
        return security_log.what(event)
