"""Who may do what: every address of the URL conf, by every visitor, looked at and posted to.

An address without a line in the table fails, and so does a line without an address.
"""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.http import HttpResponse
from django.test import Client

from accounts import people
from accounts.models import User
from appointments.models import Appointment, Closure, Rhythm, Series
from tests.accounts.conftest import key_of
from tests.addresses import ADDRESSES, filled, gaps, passkey, undone
from tests.conftest import NOW, PASSWORD, TUESDAY

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# Everything that an address names is ada's. Who is deactivated is answered as if anonymous.
VISITORS = ["anonymous", "ada", "ben", "counsellor", "superuser"]

# What a GET | a POST without fields answers to the visitors, in their order; one word is for all.
# "sign-in" and "go" are redirects: to the sign-in page, and elsewhere. "any" is no refusal to
# let in: what Site admin's pages do to each table is tested with Site admin.
TABLE = {
    "home": "200 | 405",
    "healthz": "200 | 405",
    "accessibility": "200 | 405",
    "styleguide": "404 | 405",
    "/no/such/page": "404 | 404",
    # Coming in
    "invitation": "200 | go 409 409 409 409",
    "account_signup": "200 | 403 409 409 409 409",
    "account_login": "200 go go go go | 422 go go go go",
    "account_confirm_login_code": "sign-in go go go go | sign-in go go go go",
    "account_inactive": "200 | 405",
    "account_logout": "go 200 200 200 200 | go",
    "account_reset_password": "200 | 422",
    "account_reset_password_done": "200 | 405",
    "account_reset_password_from_key": "200 | 422",
    "account_reset_password_from_key_done": "200 | 405",
    "account_confirm_email": "200 | 404",
    "account_email_verification_sent": "200 | 405",
    "mfa_authenticate": "sign-in go go go go | sign-in go go go go",
    "mfa_login_webauthn": "sign-in go go go go | sign-in go go go go",
    # One's own account; ada alone has an app, a passkey and codes
    "account": "sign-in 200 200 200 200 | sign-in 422 422 422 422",
    "account_mail": "sign-in go go go go | sign-in 422 422 422 422",
    "account_feed": "sign-in go go go go | sign-in go go go go",
    "account_data": "sign-in 200 200 200 200 | sign-in 200 200 200 200",
    "account_erasure": "sign-in 200 200 403 403 | sign-in go go 403 403",
    "account_erasure_withdraw": "sign-in go go go go | sign-in go go go go",
    "account_sessions": "sign-in 200 200 200 200 | sign-in go go go go",
    "account_stay": "sign-in 405 405 405 405 | sign-in 204 204 204 204",
    "account_reauthenticate": "sign-in 200 200 200 200 | sign-in 422 422 422 422",
    "account_email": "sign-in 200 200 200 200 | sign-in go go go go",
    "account_change_password": "sign-in 200 200 200 200 | sign-in 422 422 422 422",
    "account_set_password": "sign-in go go go go | sign-in go go go go",
    "mfa_index": "sign-in 200 200 200 200 | sign-in 405 405 405 405",
    "mfa_reauthenticate": "sign-in 200 go go go | sign-in 422 go go go",
    "mfa_activate_totp": "sign-in go 200 200 200 | sign-in go 422 422 422",
    "mfa_deactivate_totp": "sign-in 200 404 404 404 | sign-in go 404 404 404",
    "mfa_view_recovery_codes": "sign-in 200 404 404 404 | sign-in 405 405 405 405",
    "mfa_generate_recovery_codes": "sign-in 200 200 200 200 | sign-in go 422 422 422",
    "mfa_download_recovery_codes": "sign-in 200 404 404 404 | sign-in 405 404 404 404",
    "mfa_list_webauthn": "sign-in 200 200 200 200 | sign-in 405 405 405 405",
    "mfa_add_webauthn": "sign-in 200 200 200 200 | sign-in 422 422 422 422",
    "mfa_reauthenticate_webauthn": "sign-in 200 go go go | sign-in sign-in go go go",
    "mfa_remove_webauthn": "sign-in 200 404 404 404 | sign-in go 404 404 404",
    "mfa_edit_webauthn": "sign-in 200 404 404 404 | sign-in 422 404 404 404",
    # Appointments
    "appointments:list": "sign-in 200 200 200 200 | sign-in 405 405 405 405",
    "appointments:book": "sign-in 200 200 go go | sign-in 422 422 403 403",
    "appointments:availability": "401 200 200 200 200 | 405",
    "appointments:detail": "sign-in 200 404 200 200 | sign-in 405 405 405 405",
    "appointments:file": "sign-in 200 404 200 200 | sign-in 405 405 405 405",
    "appointments:feed": "404 | 405",
    "appointments:move": "sign-in 200 404 404 404 | sign-in 422 404 404 404",
    "appointments:cancel": "sign-in 200 404 404 404 | sign-in go 404 404 404",
    # Client admin
    "client_admin:home": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:appointments": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:appointment": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:status": "sign-in 403 403 go go | sign-in 403 403 422 422",
    "client_admin:series_new": "sign-in 403 403 go go | sign-in 403 403 422 422",
    "client_admin:series": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:series_end": "sign-in 403 403 go go | sign-in 403 403 422 422",
    "client_admin:following": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:new": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:statuses": "sign-in 403 403 go go | sign-in 403 403 422 422",
    "client_admin:move": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:waive": "sign-in 403 403 go go | sign-in 403 403 422 422",
    "client_admin:clients": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:client_search": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:client_notes": "sign-in 403 403 go go | sign-in 403 403 422 422",
    "client_admin:client_note_remove": "sign-in 403 403 go go | sign-in 403 403 go go",
    "client_admin:client": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:client_deactivate": "sign-in 403 403 go go | sign-in 403 403 go go",
    "client_admin:client_reactivate": "sign-in 403 403 go go | sign-in 403 403 go go",
    "client_admin:numbers": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:numbers_csv": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:hours": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:leave": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:leave_remove": "sign-in 403 403 go go | sign-in 403 403 go go",
    "client_admin:invitations": "sign-in 403 403 200 200 | sign-in 403 403 422 422",
    "client_admin:invitation_resend": "sign-in 403 403 go go | sign-in 403 403 go go",
    "client_admin:invitation_revoke": "sign-in 403 403 go go | sign-in 403 403 go go",
    "client_admin:mail": "sign-in 403 403 200 200 | sign-in 405 405 405 405",
    "client_admin:mail_again": "sign-in 403 403 404 404 | sign-in 403 403 404 404",
    "client_admin:mail_aside": "sign-in 403 403 404 404 | sign-in 403 403 404 404",
    # Site admin
    "admin:index": "sign-in 403 403 403 200 | sign-in 403 403 403 200",
    "admin:login": "sign-in 403 403 403 go | sign-in 403 403 403 go",
    "admin:logout": "sign-in 403 403 403 405 | sign-in 403 403 403 200",
    "erase_person": "sign-in 403 403 403 200 | sign-in 403 403 403 go",
    "erase_person_decline": "sign-in 403 403 403 go | sign-in 403 403 403 go",
    "admin:*": "sign-in 403 403 403 any | sign-in 403 403 403 any",
}


def line_of(name: str) -> str:
    """Return the table's line for an address: its own, or the one of all of Site admin."""
    return name if name in TABLE or not name.startswith("admin:") else "admin:*"


def expected(name: str, method: str, visitor: str) -> str:
    get, post = (half.split() for half in TABLE[line_of(name)].split("|"))
    words = get if method == "GET" else post
    return words[0] if len(words) == 1 else words[VISITORS.index(visitor)]


@pytest.fixture
def browser(client, visitor, ada, ben, counsellor, superuser) -> Client:
    """Of the visitor, who has just given their password; ada gets her second factors then."""
    if visitor != "anonymous":
        client.post("/accounts/login/", {"login": visitor, "password": PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(ada, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(ada)
    WebAuthn.add(ada, "Phone", passkey())
    return client


@pytest.fixture
def standing(ada, counsellor, book) -> Appointment:
    """An appointment of ada's, the only one of a series so far."""
    made = Series.objects.create(
        client=ada, first_date=TUESDAY, hour=10, rhythm=Rhythm.WEEKLY, decided_until=TUESDAY,
        created_at=NOW, by=counsellor,
    )  # fmt: skip
    appointment = book(ada)
    Appointment.objects.filter(pk=appointment.pk).update(series=made)
    return Appointment.objects.get(pk=appointment.pk)


@pytest.fixture
def path(browser, eve, ada, counsellor, standing) -> Callable[[str], str]:
    """Returns the path of a route, filled in with what is ada's, and with eve's invitation."""
    things = gaps(
        appointment=standing.pk,
        series=standing.series_id,
        client=ada.pk,
        invitation=eve.pk,
        key=key_of(eve),
        passkey=Authenticator.objects.get(type="webauthn").pk,
        row=ada.pk,
        note=people.add_note(client=ada, text="Ground floor", by=counsellor, now=NOW).pk,
        leave=Closure.objects.create(first_date=TUESDAY, last_date=TUESDAY).pk,
    )
    return lambda route: filled(route, things)


def answer_to(browser: Client, method: str, path: str) -> HttpResponse:
    """Return the answer, and undo what it has changed."""
    with undone(browser):
        answer = browser.generic(method, path)
        if answer.status_code == 302 and answer["Location"].startswith("/admin/login/"):
            answer = browser.get(answer["Location"])  # it sends on, or refuses
        return answer


def word_for(answer: HttpResponse) -> str:
    if answer.status_code not in {301, 302}:
        return str(answer.status_code)
    return "sign-in" if answer["Location"].startswith("/accounts/login/") else "go"


def mismatches(browser: Client, method: str, path, visitor: str) -> dict[str, str]:
    found = {}
    for name, route in ADDRESSES:
        if line_of(name) in TABLE:
            wanted = expected(name, method, visitor)
            word = word_for(answer_to(browser, method, path(route)))
            fits = word not in {"sign-in", "500"} if wanted == "any" else word == wanted
            if not fits:
                found[name] = f"{word}, not {wanted}"
    return found


def test_every_address_has_a_line():
    assert [name for name, _route in ADDRESSES if line_of(name) not in TABLE] == []


def test_every_line_has_an_address():
    assert TABLE.keys() - {line_of(name) for name, _route in ADDRESSES} == set()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("visitor", VISITORS)
def test_visitor_gets_what_is_theirs(browser, path, visitor, method):
    assert mismatches(browser, method, path, visitor) == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("visitor", ["ada", "counsellor", "superuser"])
def test_deactivated_visitor_is_a_stranger(browser, path, visitor, method):
    User.objects.filter(username=visitor).update(is_active=False)
    assert mismatches(browser, method, path, "anonymous") == {}
