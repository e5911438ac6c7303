"""Closures that are still to come, and those that are over: pure reads."""

import datetime as dt

from django.db.models import QuerySet

from appointments.models import Closure, local_slot


def coming_leave(*, now: dt.datetime) -> QuerySet[Closure]:
    """Return the closures that go on or are to come, soonest first."""
    today, _hour = local_slot(now)
    return Closure.objects.filter(last_date__gte=today).order_by("first_date", "first_hour", "id")


def past_leave(*, now: dt.datetime) -> QuerySet[Closure]:
    """Return the closures that are over, latest first."""
    today, _hour = local_slot(now)
    return Closure.objects.filter(last_date__lt=today).order_by("-first_date", "-first_hour", "-id")
