"""Mail in Chromium: the counsellor sees what became of it, everybody chooses what they want."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from post_office.models import STATUS, Email, Log

from appointments import booking, notifications
from appointments.models import Slot
from therapeutics.models import MailRecord

from .test_leave import coming_monday

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def failed(ada, counsellor) -> MailRecord:
    """The mail of a booking for ada, which her server would not take."""
    slot = Slot(coming_monday(), 10)
    booking.book(client=ada, by=counsellor, now=timezone.now(), **slot._asdict())
    notifications.write_due()
    mail = Email.objects.get()
    Email.objects.update(status=STATUS.failed)
    Log.objects.create(
        email=mail, status=STATUS.failed, message="550 No such user", exception_type="SMTPError"
    )
    return mail.record


def test_mail_that_failed_is_found_from_the_diary_and_sent_again(
    signed_in_page, scripted, failed, counsellor
):
    page = signed_in_page(counsellor, "/client-admin/", script=scripted)
    expect(page.get_by_text("1 mail could not be sent.")).to_be_visible()
    page.get_by_role("link", name="See what to do").click()
    row = page.get_by_role("row", name="ada@example.com")
    expect(row).to_contain_text("550 No such user")
    expect(row).to_contain_text("1 attempt")
    row.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("The mail is in the queue again.")).to_be_visible()
    expect(page.get_by_role("row", name="ada@example.com")).to_contain_text("Waiting")
    assert Email.objects.get().status == STATUS.queued


def test_client_chooses_mail_and_makes_a_new_address(signed_in_page, scripted, ada):
    page = signed_in_page(ada, "/account/", script=scripted)
    page.get_by_role("checkbox", name="an appointment is moved").uncheck()
    page.get_by_label("Remind me of an appointment").select_option("Two hours before")
    page.get_by_role("group", name="Write to me when").locator("xpath=ancestor::form").get_by_role(
        "button", name="Save"
    ).click()
    expect(page.get_by_text("Your choice is saved.")).to_be_visible()
    ada.refresh_from_db()
    assert (ada.muted, ada.reminder) == (["moved"], 2)
    before = page.get_by_role("link", name="/appointments/feed/").get_attribute("href")
    page.get_by_role("button", name="Make a new address").click()
    expect(page.get_by_text("Your calendar has a new address.")).to_be_visible()
    after = page.get_by_role("link", name="/appointments/feed/").get_attribute("href")
    assert before != after
    assert page.request.get(before).status == 404
    assert page.request.get(after).status == 200
