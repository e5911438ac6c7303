"""Passkeys: what signs in, what is only a second step, and what is refused without an error."""

import hashlib
import json
import re
import secrets
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts import people
from accounts.models import User
from tests.accounts.conftest import ASKED, is_signed_in, reauthenticate, sign_in_as, text_of
from tests.conftest import NOW
from tests.rows import unchanged

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LOGIN, PASSKEYS = "/accounts/login/", "/accounts/2fa/webauthn/"
ADD, SHOW, SHOW_AGAIN = PASSKEYS + "add/", PASSKEYS + "login/", PASSKEYS + "reauthenticate/"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of an authenticator's data
NONSENSE = [
    *("", "no JSON", "null", "1", '"text"', "[]", "{}", '{"id": 1}', "9" * 100_000, '{"id": NaN}'),
    *("[" * 100_000 + "]" * 100_000, '{"id":' * 100_000 + "1" + "}" * 100_000),
    json.dumps({"id": "A" * 1_000_000, "rawId": "A" * 1_000_000, "response": {}}),
]
TEXTS = ["", "A", "AA", "!", "\x00", "\ud800", "ä", "e30", "bnVsbA", "W10", "A" * 200_000]
NUMBERS = [0, 1, -1.5, 2**62, 10**30]  # as many bytes as no memory has
WRONG_TYPES = [None, True, [], {}, [{}], [300], {"a": []}]


class Key:
    """A software authenticator with one ES256 key, which attests nothing and counts nothing."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id, self.handle = secrets.token_bytes(16), b""

    def answer(self, what: str, options: dict, site: str, flags: int) -> dict:
        asked = {"type": what, "challenge": options["challenge"], "origin": "http://testserver"}
        question, site_hash = json.dumps(asked).encode(), hashlib.sha256(site.encode()).digest()
        if flags & ATTESTED:
            public = ES256.from_cryptography_key(self.private.public_key())
            made = AttestedCredentialData.create(bytes(16), self.id, public)
            data = AuthenticatorData.create(site_hash, PRESENT | flags, 0, made)
            parts = {"attestationObject": AttestationObject.create("none", data, {})}
        else:
            data = AuthenticatorData.create(site_hash, PRESENT | flags, 0)
            signed = data + hashlib.sha256(question).digest()
            signature = self.private.sign(signed, ec.ECDSA(SHA256()))
            parts = {"authenticatorData": data, "signature": signature, "userHandle": self.handle}
        parts, name = {"clientDataJSON": question, **parts}, websafe_encode(self.id)
        response = {part: websafe_encode(value) for part, value in parts.items()}
        result = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return {**result, "clientExtensionResults": {"credProps": {"rk": True}}}

    def create(self, options: dict) -> dict:
        self.handle = websafe_decode(options["user"]["id"])
        return self.answer("webauthn.create", options, options["rp"]["id"], VERIFIED | ATTESTED)

    def get(self, options: dict, *, verified: bool = True) -> dict:
        return self.answer("webauthn.get", options, options["rpId"], VERIFIED * verified)


def options_in(page: HttpResponse) -> dict:
    """Return what the page asks of the browser, where passkey.js finds it."""
    (written,) = re.findall(r'id="passkey-options"[^>]*>(.*?)</script>', text_of(page))
    (options,) = json.loads(written).values()
    return options["publicKey"]


def options_to_sign_in(browser: Client) -> dict:
    page = browser.get(SHOW, headers={"Accept": "application/json"})
    return page.json()["request_options"]["publicKey"]


def post(browser: Client, path: str, credential: object) -> HttpResponse:
    return browser.post(path, {"credential": json.dumps(credential)})


def add(browser: Client, name: str = "My phone", **more: object) -> tuple[Key, HttpResponse]:
    """Add a passkey as a person does, from the question for their password on."""
    assert unquote(browser.get(ADD)["Location"]) == f"/accounts/reauthenticate/?next={ADD}"
    assert reauthenticate(browser, next=ADD)["Location"] == ADD
    key = Key()
    credential = json.dumps({**key.create(options_in(browser.get(ADD))), **more})
    return key, browser.post(ADD, {"credential": credential, "name": name, "passwordless": "on"})


@contextmanager
def nothing_written() -> Iterator[None]:
    factors = Authenticator.objects.order_by("pk").values_list()
    before = list(factors)
    with unchanged():
        yield
    assert list(factors.all()) == before


def assert_refused(browser: Client, credential: object) -> None:
    with nothing_written():
        assert post(browser, SHOW, credential)["Location"] in {LOGIN, ASKED}
    assert not is_signed_in(browser)


def assert_accepted(browser: Client, person: User, credential: object, path: str = SHOW) -> None:
    assert post(browser, path, credential)["Location"] == "/appointments/"
    assert browser.get("/account/").context["user"] == person


@pytest.fixture
def key(ada, sign_in) -> Key:
    made, answer = add(sign_in(ada))
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    return made


@pytest.fixture
def pending(ben, client, sign_in) -> dict:
    """The question of Ben's second step, in a browser that goes no further with it."""
    add(sign_in(ben))
    assert sign_in_as(client, "ben")["Location"] == ASKED
    return options_in(client.get(ASKED))


def test_passkey_alone_signs_in_who_is_verified_only(client, ada, key):
    options = options_to_sign_in(client)
    assert options["userVerification"] == "required"
    assert_refused(client, key.get(options, verified=False))
    assert_accepted(client, ada, key.get(options))


def test_question_of_a_waiting_second_step_does_not_sign_in(client, ada, key, pending):
    assert pending["userVerification"] == "preferred"
    assert_refused(client, key.get(pending, verified=False))
    assert_accepted(fresh := Client(), ada, key.get(options_to_sign_in(fresh)))


@pytest.mark.parametrize("end", ["time", "removal"])
def test_ended_second_step_signs_in_the_verified_only(clock, client, ada, ben, key, pending, end):
    if end == "time":
        clock.shift(16 * 60)  # longer than a second step waits
    else:
        people.remove_second_factors(authenticators=Authenticator.objects.filter(user=ben))
    assert_refused(client, key.get(pending, verified=False))
    assert_accepted(client, ada, key.get(pending))


def test_second_step_takes_a_passkey_that_verified_nobody(client, ada, key):
    assert sign_in_as(client, "ada")["Location"] == ASKED
    options = options_in(client.get(ASKED))
    assert_accepted(client, ada, key.get(options, verified=False), ASKED)


def test_passkey_of_somebody_else_is_no_second_step(client, key, pending):
    with nothing_written():
        assert post(client, ASKED, key.get(pending)).status_code == 422
    assert not is_signed_in(client)


def test_passkey_of_a_closed_account_does_not_sign_in(client, ada, key):
    people.deactivate(person=ada, by=ada, now=NOW)
    post(client, SHOW, key.get(options_to_sign_in(client)))
    assert not is_signed_in(client)
    people.reactivate(person=ada, by=ada, now=NOW)
    assert_accepted(client, ada, key.get(options_to_sign_in(client)))


def test_removed_passkey_does_not_sign_in(client, ada, key, sign_in):
    browser, (row,) = sign_in(ada), Authenticator.objects.filter(type="webauthn")
    reauthenticate(browser)
    assert browser.post(f"{PASSKEYS}keys/{row.pk}/remove/")["Location"] == PASSKEYS
    assert_refused(client, key.get(options_to_sign_in(client)))


def test_answer_signs_in_once(client, ada, key):
    credential = key.get(options_to_sign_in(client))
    assert_accepted(client, ada, credential)
    client.post("/accounts/logout/")
    assert_refused(client, credential)
    options_to_sign_in(client)
    assert_refused(client, credential)


@pytest.fixture(params=[SHOW, ASKED, SHOW_AGAIN, ADD])
def place(request, client, ada, key, sign_in) -> tuple[Client, str, dict]:
    """A browser that is asked for a passkey, where it answers, and an answer that would do."""
    path, browser = request.param, client if request.param in {SHOW, ASKED} else sign_in(ada)
    if path == ASKED:
        sign_in_as(browser, "ada")
    if path == ADD:
        reauthenticate(browser)
    options = options_to_sign_in(browser) if path == SHOW else options_in(browser.get(path))
    return browser, path, Key().create(options) if path == ADD else key.get(options)


def assert_nonsense(browser: Client, path: str, credentials: Iterable[str]) -> None:
    was_signed_in = is_signed_in(browser)
    refused = {SHOW: (302, LOGIN), SHOW_AGAIN: (302, LOGIN)}.get(path, (422, None))
    with nothing_written():
        for credential in credentials:
            cache.clear()  # what is counted here is no tries
            answer = browser.post(path, {"credential": credential, "name": "My phone"})
            assert (answer.status_code, answer.get("Location")) == refused
    assert is_signed_in(browser) == was_signed_in


def test_answer_that_is_not_spoiled_does(place):
    assert post(*place)["Location"] in {"/appointments/", "/accounts/2fa/"}


def test_nonsense_is_refused(place):
    assert_nonsense(*place[:2], NONSENSE)


@pytest.mark.parametrize("wrong", [WRONG_TYPES, NUMBERS, TEXTS], ids=["types", "numbers", "texts"])
def test_answer_with_a_wrong_part_is_refused(place, wrong):
    browser, path, good = place
    spoiled = [{**good, "response": value} for value in wrong]
    spoiled += [{**good, "clientExtensionResults": value} for value in (1, "A", [1])]
    if path != ADD:  # the key itself says its name there
        spoiled += [{**good, "id": value, "rawId": value} for value in wrong]
    for part in set(good["response"]) - ({"userHandle"} if path != SHOW else set()):
        spoiled += [{**good, "response": {**good["response"], part: value}} for value in wrong]
    assert_nonsense(browser, path, map(json.dumps, spoiled))


@pytest.mark.parametrize("part", ["clientDataJSON", "signature", "authenticatorData", "rawId"])
def test_number_in_the_place_of_bytes_takes_no_memory(client, key, part):
    answer = key.get(options_to_sign_in(client))
    spoiled = {**answer, "response": {**answer["response"], part: 50_000_000}, part: 50_000_000}
    tracemalloc.start()
    client.post(SHOW, {"credential": json.dumps(spoiled)})
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("more", ["\x00", "\ud800", float("nan")], ids=ascii)
def test_answer_that_no_database_keeps_is_no_error(ada, sign_in, more):
    assert add(sign_in(ada), more=more)[1].status_code in {302, 422}


def test_name_of_a_passkey_has_at_most_sixty_characters(ada, sign_in):
    assert add(sign_in(ada), "ü" * 61)[1].status_code == 422
    assert not Authenticator.objects.exists()
    assert add(browser := sign_in(ada), "ü" * 60)[1].status_code == 302
    edit = f"{PASSKEYS}keys/{Authenticator.objects.get(type='webauthn').pk}/edit/"
    for name, status, kept in (("n" * 61, 422, "ü" * 60), ("n" * 60, 302, "n" * 60)):
        assert browser.post(edit, {"name": name}).status_code == status
        assert Authenticator.objects.get(type="webauthn").wrap().name == kept
