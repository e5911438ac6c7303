"""The library's forms in our words: signing in, passwords, e-mail, second factors."""

import json
import struct
from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal.auth import parse_authentication_response
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from fido2 import cbor
from fido2.utils import websafe_decode

from accounts.models import User
from therapeutics import audit
from therapeutics.models import AuditKind

from .people import ADDRESS, PASSWORD_HELP

MAX_NAME = 60  # characters of a passkey's name
LABELS = {
    "login": _("User name or e-mail"),
    "password": _("Password"),
    "email": _("New e-mail"),
    "oldpassword": _("Your password now"),
    "password1": _("New password"),
    "password2": _("New password once more"),
    "code": _("Code"),
    "name": _("A name for this passkey"),
}


class OurWords:
    """allauth's form with our labels, and without placeholders that vanish as one types."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_HELP
        if "code" in self.fields:  # digits, those of a recovery code as well
            self.fields["code"].widget.attrs["inputmode"] = "numeric"
        if "email" in self.fields:
            self.fields["email"].error_messages["invalid"] = ADDRESS
        if "name" in self.fields:
            self.fields["name"].validators.append(MaxLengthValidator(MAX_NAME))


class SignInForm(OurWords, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_typed = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        self.fields["login"].widget.attrs.update(as_typed)


class ResetPasswordForm(OurWords, account.ResetPasswordForm):
    """A link goes to the address that an account has, never to one that waits to be confirmed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")

    def clean_email(self) -> str:
        email: str = get_adapter().clean_email(self.cleaned_data["email"])
        self.users = list(User.objects.filter(is_active=True).known_as(email))
        return self.users[0].email if self.users else email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send a mail, unless enough were sent: they are in the box, and the page says to look."""
        email: str = self.cleaned_data["email"]
        if ratelimit.consume(request, action="reset_mail", key=email):
            about = self.users[0] if self.users else None
            audit.record(AuditKind.PASSWORD_RESET_ASKED, now=timezone.now(), about=about)
            super().save(request, **kwargs)
        return email


def in_our_words(theirs: type[forms.Form]) -> type[forms.Form]:
    return type(theirs.__name__, (OurWords, theirs), {})


ReauthenticateForm = in_our_words(account.ReauthenticateForm)
ChangePasswordForm = in_our_words(account.ChangePasswordForm)
SetPasswordForm = in_our_words(account.SetPasswordForm)
ResetPasswordKeyForm = in_our_words(account.ResetPasswordKeyForm)
ChangeEmailForm = in_our_words(account.AddEmailForm)
CodeForm = in_our_words(second_factor.AuthenticateForm)
ReauthenticateCodeForm = in_our_words(second_factor.ReauthenticateForm)
ActivateAppForm = in_our_words(totp.ActivateTOTPForm)
EditPasskeyForm = in_our_words(webauthn.EditWebAuthnForm)


# What the library that reads such answers raises when they are not what it expects.
NONSENSE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,  # a length that says more than there is
    RecursionError,
    TypeError,
    struct.error,
    ValueError,
)


BYTES = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
EMPTY_MAP = "oA"  # in CBOR, as base64


def require_texts(credential: dict[str, Any]) -> None:
    """Raise ValueError or the like where a browser's answer has no text in the place of bytes.

    The library takes a number there for a length, and asks for as much memory. Refused is also
    what some databases do not keep: NaN, NUL and lone surrogates.
    """
    response = credential["response"]
    bound = [credential["id"], credential["rawId"], *map(response.get, BYTES)]
    if not all(isinstance(value, str | None) for value in bound):
        raise TypeError("text expected")
    client_data = json.loads(websafe_decode(response["clientDataJSON"]))
    attested: Any = cbor.decode(websafe_decode(response.get("attestationObject") or EMPTY_MAP))
    if not isinstance(client_data["challenge"], str):
        raise TypeError("text expected")
    if not isinstance(attested.get("authData", b""), bytes):
        raise TypeError("bytes expected")
    if "\\u0000" in json.dumps(credential, allow_nan=False):
        raise ValueError("NUL")
    json.dumps(credential, ensure_ascii=False).encode()


class CredentialField(forms.JSONField):
    def clean(self, value: Any) -> Any:
        credential = super().clean(value)
        require_texts(credential)
        return credential


class PasskeyAnswer:
    """A form with what a browser answers for a passkey; nonsense is refused, not an error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields: dict[str, forms.Field]
        self.fields["credential"] = CredentialField(widget=forms.HiddenInput)

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]  # a mixin beside forms.Form
        except NONSENSE:
            self.add_error(  # type: ignore[attr-defined]
                "credential", get_adapter().validation_error("incorrect_code")
            )


class AddPasskeyForm(PasskeyAnswer, OurWords, webauthn.AddWebAuthnForm):
    pass


class PasskeyProof(PasskeyAnswer):
    """A passkey shown to prove who one is; one that does not prove it is noted."""

    user: User | None

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors:  # type: ignore[attr-defined]  # beside forms.Form
            get_adapter().passkey_refused(self.user)


class PasskeyForm(PasskeyProof, webauthn.AuthenticateWebAuthnForm):
    pass


class ReauthenticatePasskeyForm(PasskeyProof, webauthn.ReauthenticateWebAuthnForm):
    pass


class PasskeySignInForm(PasskeyProof, webauthn.LoginWebAuthnForm):
    def clean_credential(self) -> object:
        """A passkey alone signs in only who has shown the key's PIN, face or finger.

        The challenge may have been given out for a second step, which does not ask for that.
        """
        answer = parse_authentication_response(self.cleaned_data["credential"])
        if not answer.response.authenticator_data.is_user_verified():
            raise get_adapter().validation_error("incorrect_code")
        return super().clean_credential()
