"""The client admin: standing slots."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import SignedInRequest, counsellor_required
from appointments import calendar, errors, series
from appointments.forms import DatesForm, EndForm, FollowingForm, SeriesForm
from appointments.models import Appointment, BookingPolicy, Series, Slot

from .answers import OK, UNPROCESSABLE, refusals, refuse

PLAN = "appointments/staff/series_plan.html"
KEPT = ("client", "date", "hour", "repeat", "sessions", "until", "note")  # from page to page


def plan_page(request: SignedInRequest) -> HttpResponse:
    """Show every date of the series that is asked for, with its verdict. Nothing is written."""
    form = SeriesForm(request.POST)
    if form.is_valid():
        return _planned(request, form)
    return _malformed(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def create(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":  # signing in again leads here with a GET
        return redirect("client_admin:new")
    form, now = SeriesForm(request.POST), timezone.now()
    if not form.is_valid():
        return _malformed(request, form)
    wanted = form.series()
    choices = DatesForm(request.POST, series.plan(series=wanted, now=now), may_stop=True)
    if choices.is_stale or not choices.is_valid():
        return _planned(request, form, choices, _why_not(choices))
    try:
        booked = series.book(
            series=_cut(wanted, choices),
            hours=choices.hours,
            by=request.user,
            now=now,
            note=form.cleaned_data["note"],
            notify=choices.cleaned_data["notify"],
        )
    except errors.SeriesBooked as error:
        messages.success(request, str(error))
        return redirect(error.series)
    except errors.BookingError as error:
        return _planned(request, form, choices, refuse(choices, error))
    done = ngettext("%(count)d session is booked.", "%(count)d sessions are booked.", len(booked))
    messages.success(request, done % {"count": len(booked)})
    return redirect(wanted)


def _why_not(choices: DatesForm) -> int:
    return refuse(choices, errors.PlanChanged()) if choices.is_stale else UNPROCESSABLE


def _cut(wanted: Series, choices: DatesForm) -> Series:
    """Let the series end before the date at which the counsellor stops it."""
    if choices.stops:
        wanted.last_date = max(choices.hours, default=wanted.first_date - series.DAY)
    return wanted


def _planned(
    request: SignedInRequest,
    form: SeriesForm,
    choices: DatesForm | None = None,
    answer: int = OK,
) -> HttpResponse:
    wanted = form.series()
    planned = series.plan(series=wanted, now=timezone.now())
    shown = DatesForm(choices.data if choices else None, planned, may_stop=True)
    shown.initial["notify"] = form.data.get("tell", "on")
    context = {
        "kept": {name: form.data.get(name, "") for name in KEPT},
        "series": wanted,
        "goes_on": bool(planned) and wanted.has_dates_after(planned[-1].slot.date),
        "plan": shown,
        "rows": _rows(shown),
        "refusals": refusals(choices) if choices else [],
    }
    return render(request, PLAN, context, status=answer)


def _rows(plan: DatesForm) -> list[tuple[series.Planned, BoundField, str]]:
    """Return each date with its choice, and the public holiday that it is on."""
    rows = list(plan.rows())
    dates = [one.slot.date for one, _field in rows]
    holidays = calendar.holiday_names(min(dates), max(dates)) if dates else {}
    return [(one, field, holidays.get(one.slot.date, "")) for one, field in rows]


def _malformed(request: SignedInRequest, form: SeriesForm) -> HttpResponse:
    return render(request, PLAN, {"refusals": refusals(form)}, status=UNPROCESSABLE)


@require_safe
@counsellor_required
def detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    return _page(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def end(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    subject = _fetch(pk)
    if request.method != "POST":
        return redirect(subject)
    form, answer = EndForm(request.POST), UNPROCESSABLE
    if form.is_valid():
        try:
            gone = series.end(
                series=subject, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except errors.BookingError as error:
            answer = refuse(form, error)
        else:
            messages.success(request, _said(form.cleaned_data["first"], len(gone)))
            return redirect(subject)
    return _page(request, pk, form, answer)


def _said(first: dt.date, cancelled: int) -> str:
    done = ngettext(
        "The series ends before %(day)s. %(count)d session is cancelled.",
        "The series ends before %(day)s. %(count)d sessions are cancelled.",
        cancelled,
    )
    return done % {"count": cancelled, "day": date_format(first, "j F Y")}


@require_http_methods(["GET", "HEAD", "POST"])
@counsellor_required
def following(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Move a session and all following: first where to, then what becomes of each."""
    session = get_object_or_404(
        Appointment.objects.exclude(series=None).select_related("client", "series"), pk=pk
    )
    now, sent = timezone.now(), request.POST if request.method == "POST" else None
    form = FollowingForm(sent or request.GET or None, initial=session.slot._asdict())
    if not form.is_valid():
        answer = UNPROCESSABLE if form.is_bound or sent is not None else OK
        return _following(request, session, form, answer=answer)
    to = Slot(**form.cleaned_data)
    try:
        planned = series.plan_move(session=session, to=to, now=now)
    except errors.BookingError as error:
        answer = refuse(form, error)
        return _following(request, session, form, answer=answer)
    choices = DatesForm(sent, planned)
    if request.method != "POST":
        return _following(request, session, form, choices)
    if choices.is_stale or not choices.is_valid():
        return _following(request, session, form, choices, _why_not(choices))
    try:
        series.move(
            session=session, to=to, hours=choices.moves, by=request.user, now=now,
            notify=choices.cleaned_data["notify"],
        )  # fmt: skip
    except errors.BookingError as error:
        answer = refuse(choices, error)
        return _following(request, session, form, choices, answer)
    messages.success(request, _("The sessions have moved."))
    return redirect("client_admin:series", pk=session.series_id)


def _following(
    request: SignedInRequest,
    session: Appointment,
    form: FollowingForm,
    choices: DatesForm | None = None,
    answer: int = OK,
) -> HttpResponse:
    context: dict[str, Any] = {
        "appointment": session,
        "form": form,
        "plan": choices,
        "rows": _rows(choices) if choices else [],
        "end": EndForm(initial={"first": session.date}, auto_id="end_%s"),
        "refusals": refusals(choices) if choices and choices.is_bound else [],
    }
    return render(request, "appointments/staff/following.html", context, status=answer)


def _fetch(pk: uuid.UUID) -> Series:
    return get_object_or_404(Series.objects.select_related("client"), pk=pk)


def _page(
    request: SignedInRequest, pk: uuid.UUID, form: EndForm | None = None, answer: int = OK
) -> HttpResponse:
    subject, now = _fetch(pk), timezone.now()
    coming = Appointment.objects.filter(series=subject).active().upcoming(now)
    first, going_on = coming.first(), Series.objects.going_on(timezone.localdate(now))
    context = {
        "series": subject,
        "coming": coming,
        "first": first,
        "gaps": subject.gaps.filter(date__gte=timezone.localdate(now)),
        "policy": BookingPolicy.load(),
        # With an end that is near and no session before it there is nothing left to end.
        "goes_on": (first or not subject.last_date) and going_on.filter(pk=pk).exists(),
        "form": form or EndForm(initial={"first": first.date if first else None}),
        "refusals": refusals(form) if form else [],
    }
    return render(request, "appointments/staff/series.html", context, status=answer)
