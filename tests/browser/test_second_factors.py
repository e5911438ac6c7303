"""The second step at sign-in: an app's codes, recovery codes, passkeys; and who must have one."""

import base64
import hmac
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from playwright.sync_api import Page, expect

from tests.server import Server, database_url, serving

from .conftest import show_it_is_you, sign_in_by_form, sign_out

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

STEP = 30  # seconds that a code holds
MARGIN = 4  # seconds that a code must still hold when it is typed


@pytest.fixture(scope="module")
def strict_server(django_db_setup, django_db_blocker) -> Iterator[Server]:
    """The site as it is in production: staff must have a second step."""
    with django_db_blocker.unblock():
        url = database_url(connection.settings_dict)
    with serving({"DATABASE_URL": url, "REQUIRE_STAFF_MFA": "on"}) as started:
        yield started


def code(secret: str, *, now: float) -> str:
    """Return what an authenticator app whose clock says `now` shows (RFC 6238)."""
    moment = int(now // STEP).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), moment, "sha1")
    place = digest[-1] & 0xF
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def steady_now() -> float:
    """Return the time; wait for the next code first when the present one is about to end."""
    left = STEP - time.time() % STEP
    if left < MARGIN:
        time.sleep(left)
    return time.time()


def set_up_app(page: Page) -> tuple[str, list[str]]:
    """Set up an app on the page that offers it; return its secret and the recovery codes."""
    secret = "".join(page.locator("code.secret").inner_text().split())
    enter(page, code(secret, now=steady_now()), button="Finish")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    return secret, page.locator(".codes li").all_inner_texts()


def enter(page: Page, text: str, *, button: str = "Sign in") -> None:
    page.get_by_label("Code").fill(text)
    page.get_by_role("button", name=button).click()


def refused(page: Page, text: str, *, button: str = "Sign in") -> None:
    enter(page, text, button=button)
    expect_refusal(page)


def expect_refusal(page: Page) -> None:
    expect(page.get_by_role("main")).to_contain_text("That did not work.")


def sign_in(page: Page, password: str, *, login: str = "ada") -> None:
    """Give the password; the second step comes next."""
    page.goto("/accounts/login/")
    sign_in_by_form(page, login, password)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")


@pytest.mark.parametrize(("now", "shown"), [(59, "287082"), (1111111109, "081804")])
def test_app_shows_the_codes_of_the_standard(now, shown):
    assert code(base64.b32encode(b"12345678901234567890").decode(), now=now) == shown


def test_app_and_recovery_codes_sign_in_without_script(signed_in_page, password, ada):
    page = signed_in_page(ada, "/account/", script=False)
    page.get_by_role("link", name="App, passkeys and recovery codes").click()
    page.get_by_role("link", name="Set up an app").click()
    show_it_is_you(page, password)
    secret = "".join(page.locator("code.secret").inner_text().split())
    refused(page, code(secret, now=time.time() - 10 * STEP), button="Finish")  # its clock is slow
    same_secret, codes = set_up_app(page)
    assert (same_secret, len(codes)) == (secret, 10)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("region", name="Authenticator app")).to_contain_text("Set up")
    sign_out(page)

    sign_in(page, password)
    used = code(secret, now=steady_now())
    enter(page, used)
    page.wait_for_url("**/appointments/")
    sign_out(page)
    sign_in(page, password)
    refused(page, used)
    enter(page, codes[0])
    page.wait_for_url("**/appointments/")
    sign_out(page)
    sign_in(page, password)
    refused(page, codes[0])
    enter(page, codes[1])
    page.wait_for_url("**/appointments/")


@pytest.fixture
def passkey_page(new_page, server) -> Page:
    """A page in a browser with a fingerprint reader; passkeys need a name: localhost."""
    page = new_page(site=server.url.replace(server.host, "localhost"))
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    reader = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": reader})
    return page


def add_passkey(page: Page, name: str, password: str) -> None:
    page.get_by_role("link", name="Add a passkey").click()
    show_it_is_you(page, password)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("region", name="Passkeys")).to_contain_text("You have 1 passkey.")


def test_passkey_signs_in_alone_until_it_is_removed(passkey_page, password, ada):
    page = passkey_page
    page.goto("/accounts/login/?next=/accounts/2fa/")
    sign_in_by_form(page, "ada", password)
    add_passkey(page, "My phone", password)
    sign_out(page)

    page.goto("/account/")
    page.wait_for_url("**/accounts/login/?next=/account/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account/")
    expect(page.get_by_role("main")).to_contain_text("ada@example.com")

    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove My phone").click()
    show_it_is_you(page, password)
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_role("main")).to_contain_text("You have none yet.")
    assert not Authenticator.objects.exists()
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect_refusal(page)
    page.goto("/account/")
    page.wait_for_url("**/accounts/login/?next=/account/")


def test_passkey_is_the_second_step_as_well(passkey_page, password, ada):
    page = passkey_page
    page.goto("/accounts/login/?next=/accounts/2fa/")
    page.get_by_role("button", name="Use a passkey").click()
    expect_refusal(page)  # this browser has none yet
    sign_in_by_form(page, "ada", password)
    add_passkey(page, "My phone", password)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("already holds a passkey")
    sign_out(page)

    sign_in(page, password)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/appointments/")


def test_staff_without_a_second_step_set_one_up_first(
    new_page, strict_server, counsellor, password
):
    page = new_page(site=strict_server.url)
    page.goto("/accounts/login/?next=/client-admin/")
    sign_in_by_form(page, "counsellor", password)
    page.wait_for_url("**/accounts/2fa/")
    for path in ("/client-admin/", "/client-admin/invitations/", "/appointments/", "/account/"):
        page.goto(path)
        assert page.url == strict_server.url + "/accounts/2fa/", path
    expect(page.get_by_text("signs in with a second step")).to_be_visible()

    page.get_by_role("link", name="Set up an app").click()
    show_it_is_you(page, password)
    set_up_app(page)
    page.get_by_role("link", name="Client admin").click()
    tabs = page.get_by_role("navigation", name="Client admin")
    tabs.get_by_role("link", name="Invitations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitations")
