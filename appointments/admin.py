"""Site admin: appointments and the calendar are looked at, never edited behind booking's back.

Opening hours and closures fall on sessions; Client admin asks what becomes of each.
"""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.permissions import SignedInRequest
from therapeutics.admin import LoggedAdmin, ReadOnly, SingleRowAdmin

from . import booking, errors
from .models import (
    Appointment,
    AppointmentEvent,
    BookingPolicy,
    Closure,
    OpeningHours,
    RetentionPolicy,
    Status,
)


def _link(name: str, *args: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(name, args=args), _("Manage"))


class EventInline(ReadOnly, admin.StackedInline):  # Django's table has heads without words
    model = AppointmentEvent

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppointmentEvent]:
        return super().get_queryset(request).select_related("appointment", "by")


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly, LoggedAdmin):
    list_display = ["date", "time", "client", "status", "created_at", "manage"]
    list_filter = ["status", "cancelled_by", "cancelled_late", "hour"]
    list_select_related = ["client"]
    search_fields = ["client__name", "client__username", "client__email"]
    date_hierarchy = "date"
    ordering = ["-date", "-hour"]
    list_per_page = 50
    show_full_result_count = False
    inlines = [EventInline]
    actions = ["confirm", "cancel", "mark_attended", "mark_no_show"]

    @admin.display(description=_("time"), ordering="hour")
    def time(self, appointment: Appointment) -> str:
        return f"{appointment.hour:02}:00"

    @admin.display(description=_("client admin"))
    def manage(self, appointment: Appointment) -> SafeString:
        return _link("client_admin:appointment", appointment.pk)

    @admin.action(description=_("Confirm"))
    def confirm(self, request: SignedInRequest, chosen: QuerySet[Appointment]) -> None:
        self._set_status(request, chosen, Status.CONFIRMED)

    @admin.action(description=_("Cancel"))
    def cancel(self, request: SignedInRequest, chosen: QuerySet[Appointment]) -> None:
        self._set_status(request, chosen, Status.CANCELLED)

    @admin.action(description=_("Mark as attended"))
    def mark_attended(self, request: SignedInRequest, chosen: QuerySet[Appointment]) -> None:
        self._set_status(request, chosen, Status.ATTENDED)

    @admin.action(description=_("Mark as not attended"))
    def mark_no_show(self, request: SignedInRequest, chosen: QuerySet[Appointment]) -> None:
        self._set_status(request, chosen, Status.NO_SHOW)

    def _set_status(
        self, request: SignedInRequest, chosen: QuerySet[Appointment], status: Status
    ) -> None:
        done = 0
        for appointment in chosen:
            try:
                booking.set_status(
                    appointment=appointment, status=status, by=request.user, now=timezone.now()
                )
                done += 1
            except errors.BookingError as error:
                self.message_user(request, f"{appointment}: {error}", messages.WARNING)
        if done:
            text = ngettext(
                "%(count)d appointment changed.", "%(count)d appointments changed.", done
            )
            self.message_user(request, text % {"count": done}, messages.SUCCESS)


@admin.register(AppointmentEvent)
class AppointmentEventAdmin(ReadOnly, LoggedAdmin):
    list_display = ["at", "action", "appointment", "by", "from_status", "to_status", "late"]
    list_filter = ["action", "late"]
    list_select_related = ["appointment", "by"]
    search_fields = ["appointment__client__name", "appointment__client__email", "by__name"]
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(OpeningHours)
class OpeningHoursAdmin(ReadOnly, LoggedAdmin):
    list_display = ["weekday", "first_hour", "last_hour", "manage"]
    list_filter = ["weekday"]

    @admin.display(description=_("client admin"))
    def manage(self, _row: OpeningHours) -> SafeString:
        return _link("client_admin:hours")


@admin.register(Closure)
class ClosureAdmin(ReadOnly, LoggedAdmin):
    list_display = ["first_date", "last_date", "first_hour", "last_hour", "reason", "manage"]
    search_fields = ["reason"]
    date_hierarchy = "first_date"

    @admin.display(description=_("client admin"))
    def manage(self, _row: Closure) -> SafeString:
        return _link("client_admin:leave")


@admin.register(BookingPolicy)
class BookingPolicyAdmin(SingleRowAdmin):
    list_display = [
        "__str__",
        "needs_confirmation",
        "notice_hours",
        "horizon_days",
        "cancellation_notice_hours",
        "max_upcoming",
    ]


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(SingleRowAdmin):
    list_display = ["__str__", "automatic"]
