"""What a client is told by mail: one function per message, queued with the change it tells of."""

from django.conf import settings

from therapeutics import mail

from .models import Appointment, BookingPolicy


def booked(appointment: Appointment, policy: BookingPolicy) -> None:
    _tell("booked", appointment, policy=policy)


def confirmed(appointment: Appointment) -> None:
    _tell("confirmed", appointment)


def moved(appointment: Appointment, policy: BookingPolicy, *, was: object) -> None:
    _tell("moved", appointment, policy=policy, was=was)


def cancelled(appointment: Appointment) -> None:
    _tell("cancelled", appointment)


def _tell(template: str, appointment: Appointment, **context: object) -> None:
    client = appointment.client
    if client.email:
        link = settings.SITE_URL + appointment.get_absolute_url()
        context |= {"appointment": appointment, "client": client, "link": link}
        mail.queue(f"appointments/{template}", to=client.email, context=context)
