"""Every address of the URL conf, and a browser's questions to it that leave no trace."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from fido2 import cose, webauthn


def addresses(resolver: URLResolver, names: tuple[str, ...] = (), route: str = "") -> Iterator:
    """Return the name and the route of every address of the URL conf."""
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield ":".join([*names, pattern.name or "(no name)"]), here
        else:
            inner = (*names, pattern.namespace) if pattern.namespace else names
            yield from addresses(pattern, inner, here)


ADDRESSES = [*addresses(get_resolver()), ("/no/such/page", "no/such/page")]


def gaps(
    *,
    appointment: object,
    client: object,
    invitation: object,
    key: str,
    passkey: object,
    row: object,
    series: object = uuid.UUID(int=0),
    note: object = 0,
    leave: object = 0,
    mail: object = uuid.UUID(int=0),
    feed: object = "-",
) -> dict[str, str]:
    """Return what fills the gaps of routes: keys of rows, and the key of an invitation's link.

    `row` is what Site admin's pages are about.
    """
    return {
        r"invitations/<uuid:pk>": f"invitations/{invitation}",
        r"clients/<uuid:pk>": f"clients/{client}",
        r"user/<uuid:pk>": f"user/{client}",
        r"series/<uuid:pk>": f"series/{series}",
        r"leave/<int:pk>": f"leave/{leave}",
        r"mail/<uuid:pk>": f"mail/{mail}",
        r"<str:token>": str(feed),
        r"<uuid:pk>": str(appointment),
        r"<slug:key>": key,
        r"<int:pk>": str(passkey),
        r"<int:note>": str(note),
        r"<(path:object_id|id)>": str(row),
        r"<path:content_type_id>": "1",
        r"confirm-email/\(.*": "confirm-email/no-key/",
        r"password/reset/key/\(.*": "password/reset/key/0-set/",
        r"\(\?P<app_label>(\w+).*": r"\1/",
        r"\(\?P<url>.*": "no/such/page/",
    }


def filled(route: str, gaps: dict[str, str]) -> str:
    """Return the path of a route."""
    route = route.replace("^", "")
    for gap, value in gaps.items():
        route = re.sub(gap, value, route)
    assert not re.search(r"[<>^$]|//", route), f"what is to be filled in? {route}"
    return f"/{route}"


@contextmanager
def undone(browser: Client) -> Iterator[None]:
    """Undo what the browser's requests change: rows, and its cookies."""
    cookies, savepoint = browser.cookies.copy(), transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)
    browser.cookies = cookies


def passkey() -> dict[str, object]:
    """Return what a browser sends when it has made a passkey."""
    key = cose.ES256({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    made = webauthn.AttestedCredentialData.create(webauthn.Aaguid(bytes(16)), b"id", key)
    flags = webauthn.AuthenticatorData.FLAG.AT
    data = webauthn.AuthenticatorData.create(bytes(32), flags, 0, made)
    client = webauthn.CollectedClientData.create("webauthn.create", b"challenge", "http://x")
    response = webauthn.AuthenticatorAttestationResponse(
        client_data=client, attestation_object=webauthn.AttestationObject.create("none", data, {})
    )
    return dict(webauthn.RegistrationResponse(raw_id=b"id", response=response))
