"""Which reminders and agendas are due. Each is queued once, however often this is asked.

The database keeps the promise, with the mail itself: workers that run late, twice, or are killed
add nothing. `now` is an aware instant.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from accounts.models import Reminder, User
from appointments import notifications
from appointments.models import Appointment, Status, local_slot
from therapeutics import mail

LONGEST = dt.timedelta(hours=max(Reminder.values))
AGENDA_FROM, AGENDA_UNTIL = 7, 12  # o'clock, by the practice


def queue_due(*, now: dt.datetime) -> int:
    """Queue every reminder that is due at `now`, and return how many were queued.

    A confirmed session has one from as many hours before it as its client has chosen, until it
    starts; none when they did something with it, or were told of a change, after that moment. One
    that was moved away and back is reminded of once.
    """
    due = {_key(one): one for one in _coming(now) if _is_due(one, now)}
    known = mail.queued_already(due)
    return sum(_queue(one, key, now) for key, one in due.items() if key not in known)


def _queue(listed: Appointment, key: str, now: dt.datetime) -> bool:
    """Queue one reminder, unless its session was cancelled, moved or told of since it was listed.

    Who cancels or moves it waits for the row, and then finds the reminder to withdraw.
    """
    with transaction.atomic():
        Appointment.objects.select_for_update().filter(pk=listed.pk).first()
        held = _coming(now).filter(pk=listed.pk).first()
        if held is None or _key(held) != key or not _is_due(held, now):
            return False
        return notifications.reminder(held, once=key)


def queue_agendas(*, now: dt.datetime) -> int:
    """Queue today's agenda for each counsellor who wants it, in the morning; return how many."""
    today, hour = local_slot(now)
    if not AGENDA_FROM <= hour < AGENDA_UNTIL:
        return 0
    wanted = User.objects.active().filter(is_staff=True, agenda=True).exclude(email="")
    due = {f"agenda {person.pk} {today}": person for person in wanted}
    known = mail.queued_already(due)
    held = Appointment.objects.active().filter(date=today).select_related("client")
    sessions = list(held)
    if known == due.keys() or not sessions:
        return 0
    return sum(
        notifications.agenda(person, today, sessions, once=key)
        for key, person in due.items()
        if key not in known
    )


def _coming(now: dt.datetime) -> QuerySet[Appointment]:
    """Return the confirmed sessions within the longest term of a reminder."""
    last = (now + LONGEST).astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    sessions = Appointment.objects.upcoming(now).filter(status=Status.CONFIRMED, date__lte=last)
    reachable = sessions.filter(client__is_active=True).exclude(client__email="")
    return reachable.select_related("client").annotate(
        told_at=Max("events__at", filter=Q(events__told=True))
    )


def _is_due(appointment: Appointment, now: dt.datetime) -> bool:
    hours = appointment.client.reminder
    start = appointment.starts_at
    due_at = start - dt.timedelta(hours=hours)
    told_at = appointment.told_at  # type: ignore[attr-defined]  # annotated
    return hours > 0 and due_at <= now < start and (told_at is None or told_at < due_at)


def _key(appointment: Appointment) -> str:
    return f"reminder {appointment.pk} {appointment.date} {appointment.hour}"
