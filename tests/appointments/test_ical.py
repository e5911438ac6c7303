"""Appointments as calendar files: what is in them, and when two foreign parsers say it is."""

import datetime as dt
import re

import icalendar
import pytest
import vobject

from accounts.models import FeedTitles, User
from appointments import booking, ical
from appointments.models import Appointment, BookingPolicy, CancelledBy, Status
from tests.conftest import NOW, TUESDAY
from therapeutics.models import Practice

pytestmark = [pytest.mark.once, pytest.mark.django_db]

HOUR = dt.timedelta(hours=1)
LONG_HOST = "https://appointments-of-the-practice." + "very-long-name." * 5 + "example"
# Each at ten o'clock, by the practice's clock: in summer, in winter, and before and after the
# nights in which the clock changes.
TEN_O_CLOCK = {
    "Europe/London": {
        "2026-07-14": "2026-07-14T09:00Z",
        "2027-01-12": "2027-01-12T10:00Z",
        "2026-10-23": "2026-10-23T09:00Z",
        "2026-10-26": "2026-10-26T10:00Z",
        "2027-03-26": "2027-03-26T10:00Z",
        "2027-03-29": "2027-03-29T09:00Z",
    },
    "America/New_York": {
        "2026-07-14": "2026-07-14T14:00Z",
        "2027-01-12": "2027-01-12T15:00Z",
        "2026-10-30": "2026-10-30T14:00Z",
        "2026-11-02": "2026-11-02T15:00Z",
        "2027-03-12": "2027-03-12T15:00Z",
        "2027-03-15": "2027-03-15T14:00Z",
    },
    "Australia/Sydney": {
        "2026-07-14": "2026-07-14T00:00Z",
        "2027-01-12": "2027-01-11T23:00Z",
        "2026-10-02": "2026-10-02T00:00Z",
        "2026-10-05": "2026-10-04T23:00Z",
        "2027-04-02": "2027-04-01T23:00Z",
        "2027-04-05": "2027-04-05T00:00Z",
    },
    "UTC": {"2026-07-14": "2026-07-14T10:00Z", "2027-01-12": "2027-01-12T10:00Z"},
    "Asia/Kolkata": {"2026-07-14": "2026-07-14T04:30Z", "2027-01-12": "2027-01-12T04:30Z"},
}
IN_EACH_ZONE = [
    (zone, dt.date.fromisoformat(day), dt.datetime.fromisoformat(instant))
    for zone, days in TEN_O_CLOCK.items()
    for day, instant in days.items()
]
in_each_zone = pytest.mark.parametrize(("zone", "day", "instant"), IN_EACH_ZONE)


@pytest.fixture
def appointment(ada, book) -> Appointment:
    return book(ada)


def at_ten(client: User, day: dt.date, **fields: object) -> Appointment:
    return Appointment.objects.create(
        client=client, date=day, hour=10, created_at=NOW, changed_at=NOW, **fields
    )


def read(content: bytes) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(content)


def event_in(content: bytes) -> icalendar.Event:
    (event,) = read(content).events
    return event


def seen_by_vobject(content: bytes) -> vobject.base.Component:
    """It keeps the rules of a zone from the first file it has read; here it takes this file's."""
    zone = vobject.readOne(content.decode()).vtimezone
    vobject.icalendar.registerTzid(zone.tzid.value, zone.tzinfo)
    return vobject.readOne(content.decode())


def life(appointment: Appointment, by: User) -> list[tuple[str, icalendar.Event]]:
    """Return what the client's calendar is told: booked, moved, confirmed, cancelled."""
    told = [ical.invitation(appointment)]
    moved = booking.move(appointment=appointment, date=TUESDAY, hour=14, by=by, now=NOW)
    told.append(ical.invitation(moved))
    for n, status in enumerate((Status.CONFIRMED, Status.CANCELLED)):
        changed = booking.set_status(
            appointment=moved, status=status, by=by, now=NOW + (n + 1) * HOUR
        )
        told.append(ical.invitation(changed))
    return [(method, event_in(content)) for method, content in told]


def test_identifier_stays_through_the_life_of_an_appointment(appointment, counsellor):
    told = life(appointment, counsellor)
    assert {str(event["UID"]) for _method, event in told} == {f"{appointment.pk}@127.0.0.1"}


def test_sequence_grows_with_each_change(appointment, counsellor):
    numbers = [event["SEQUENCE"] for _method, event in life(appointment, counsellor)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 4


def test_method_and_state_follow_the_appointment(appointment, counsellor):
    told = [(method, str(event["STATUS"])) for method, event in life(appointment, counsellor)]
    assert told == [
        ("REQUEST", "TENTATIVE"),
        ("REQUEST", "TENTATIVE"),
        ("REQUEST", "CONFIRMED"),
        ("CANCEL", "CANCELLED"),
    ]


def test_file_says_the_method_that_its_mail_says(appointment, counsellor):
    method, content = ical.invitation(appointment)
    assert read(content)["METHOD"] == method == "REQUEST"
    cancelled = booking.cancel(appointment=appointment, by=counsellor, now=NOW)
    method, content = ical.invitation(cancelled)
    assert read(content)["METHOD"] == method == "CANCEL"
    assert read(ical.calendar([appointment]))["METHOD"] == "PUBLISH"


def test_stamp_is_the_moment_of_the_last_change(appointment, counsellor):
    stamps = [event["DTSTAMP"].dt for _method, event in life(appointment, counsellor)]
    assert stamps == [NOW, NOW, NOW + HOUR, NOW + 2 * HOUR]


@pytest.mark.parametrize("status", [Status.ATTENDED, Status.NO_SHOW])
def test_session_that_is_over_stays_in_the_calendar(ada, status):
    method, content = ical.invitation(at_ten(ada, TUESDAY, status=status))
    assert (method, event_in(content)["STATUS"]) == ("REQUEST", "CONFIRMED")


def test_invitation_names_organizer_and_attendee(appointment):
    event = event_in(ical.invitation(appointment)[1])
    assert event["ORGANIZER"] == "mailto:practice@example.com"
    assert event["ORGANIZER"].params["CN"] == "T. Inc"
    assert event["ATTENDEE"] == "mailto:ada@example.com"


def test_published_file_names_no_attendee(appointment):
    event = event_in(ical.calendar([appointment]))
    assert "ORGANIZER" in event
    assert "ATTENDEE" not in event


@pytest.mark.parametrize("zone", TEN_O_CLOCK)
def test_times_are_in_a_zone_that_the_file_explains(ada, settings, zone):
    settings.TIME_ZONE = zone
    whole = read(ical.calendar([at_ten(ada, TUESDAY)]))
    assert [str(one["TZID"]) for one in whole.timezones] == [zone]
    (event,) = whole.events
    for name in ("DTSTART", "DTEND"):
        assert event[name].params["TZID"] == zone


@pytest.mark.parametrize("minutes", [50, 45])
def test_session_is_as_long_as_clients_are_told(appointment, minutes):
    BookingPolicy.objects.create(session_minutes=minutes)
    assert event_in(ical.calendar([appointment])).duration == dt.timedelta(minutes=minutes)


@in_each_zone
def test_icalendar_reads_the_right_instant(ada, settings, zone, day, instant):
    settings.TIME_ZONE = zone
    event = event_in(ical.invitation(at_ten(ada, day))[1])
    assert event["DTSTART"].dt.astimezone(dt.UTC) == instant
    assert event["DTEND"].dt.astimezone(dt.UTC) == instant + dt.timedelta(minutes=50)


@in_each_zone
def test_vobject_reads_the_right_instant(ada, settings, zone, day, instant):
    """It takes the rules of the zone from the file; the other parser knows the zone itself."""
    settings.TIME_ZONE = zone
    event = seen_by_vobject(ical.invitation(at_ten(ada, day))[1]).vevent
    assert event.dtstart.value.astimezone(dt.UTC) == instant
    assert event.dtend.value.astimezone(dt.UTC) == instant + dt.timedelta(minutes=50)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Sydney"])
def test_vobject_reads_a_whole_year_out_of_one_file(ada, settings, zone):
    settings.TIME_ZONE = zone
    days = TEN_O_CLOCK[zone]
    content = ical.calendar([at_ten(ada, dt.date.fromisoformat(day)) for day in days])
    events = seen_by_vobject(content).vevent_list
    read_back = [event.dtstart.value.astimezone(dt.UTC) for event in events]
    assert read_back == [dt.datetime.fromisoformat(instant) for instant in days.values()]


def test_titles_are_the_practices_discreet_name(appointment):
    assert event_in(ical.calendar([appointment]))["SUMMARY"] == "Appointment · T. Inc"


@pytest.mark.parametrize("name", ["A, B", "A; B", "A\\B", "A\\nB", "Praxis Müller", "Ж" * 50])
def test_any_discreet_name_reads_back_as_it_is(appointment, name):
    Practice.objects.create(discreet_name=name)
    content = ical.invitation(appointment)[1]
    title = f"Appointment · {name}"
    assert event_in(content)["SUMMARY"] == title
    assert vobject.readOne(content.decode()).vevent.summary.value == title
    assert event_in(content)["ORGANIZER"].params["CN"] == name
    assert read(content)["X-WR-CALNAME"] == name


def test_punctuation_in_a_title_is_escaped(appointment):
    Practice.objects.create(discreet_name="A, B; C\\D")
    assert rb"SUMMARY:Appointment " in ical.calendar([appointment])
    assert rb"A\, B\; C\\D" in ical.calendar([appointment])


@pytest.mark.parametrize("name", ["T. Inc", "Ж" * 50, "€ " * 25, "A,;\\" * 12])
@pytest.mark.parametrize("site", ["http://127.0.0.1:8000", LONG_HOST])
def test_lines_are_folded_at_75_octets_and_end_as_they_should(appointment, settings, name, site):
    settings.SITE_URL = site
    Practice.objects.create(discreet_name=name, email="p" * 60 + "@practice-with-a-name.example")
    content = ical.invitation(appointment)[1]
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is torn apart


@pytest.mark.parametrize(
    "email",
    [f"{'a' * 64}@{'b' * 60}.example", f"ada@{'ö' * 13}.example", f"ada@{'ж' * 40}.example"],
)
def test_long_e_mail_of_a_client_is_folded_and_reads_back(appointment, email):
    User.objects.filter(pk=appointment.client_id).update(email=email)
    content = ical.invitation(Appointment.objects.get())[1]
    assert [line for line in content.split(b"\r\n") if len(line) > 75] == []
    assert event_in(content)["ATTENDEE"] == f"mailto:{email}"


def test_long_host_reads_back(appointment, settings):
    settings.SITE_URL = LONG_HOST
    event = event_in(ical.calendar([appointment]))
    assert event["UID"] == f"{appointment.pk}@{LONG_HOST.removeprefix('https://')}"
    assert event["URL"] == f"{LONG_HOST}/appointments/{appointment.pk}/"


def test_port_of_the_site_is_not_in_the_identifier(appointment, settings):
    settings.SITE_URL = "https://practice.example:8443"
    assert event_in(ical.calendar([appointment]))["UID"] == f"{appointment.pk}@practice.example"


def test_note_reason_and_name_stay_in_the_practice(ada, counsellor):
    User.objects.filter(pk=ada.pk).update(name="Zebedee Quartz")
    ada.refresh_from_db()
    secrets = {"note": "my secret", "reason": "their secret"}
    appointment = at_ten(
        ada, TUESDAY, status=Status.CANCELLED, cancelled_by=CancelledBy.CLIENT, **secrets
    )
    counsellor.feed_titles = FeedTitles.INITIALS
    theirs = ical.calendar([appointment], title=ical.title_for(counsellor))
    assert b"SUMMARY:ZQ\r\n" in theirs
    for content in (theirs, ical.invitation(appointment)[1]):
        assert not re.search(b"secret|Zebedee|Quartz", content)
        assert not re.search(b"(?i)therapy|counsel|session|client", content.split(b"VEVENT")[1])
        assert b"CLASS:PRIVATE" in content


def test_file_without_appointments_is_a_calendar():
    content = ical.calendar([])
    assert read(content).events == []
    assert vobject.readOne(content.decode()).name == "VCALENDAR"
