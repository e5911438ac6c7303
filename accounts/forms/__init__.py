"""The words and shape of the account pages' forms."""

from .people import InviteForm, MailForm, ProfileForm, SignUpForm
from .signing_in import (
    ActivateAppForm,
    AddPasskeyForm,
    ChangeEmailForm,
    ChangePasswordForm,
    CodeForm,
    EditPasskeyForm,
    PasskeyForm,
    PasskeySignInForm,
    ReauthenticateCodeForm,
    ReauthenticateForm,
    ReauthenticatePasskeyForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignInForm,
)

__all__ = [
    "ActivateAppForm",
    "AddPasskeyForm",
    "ChangeEmailForm",
    "ChangePasswordForm",
    "CodeForm",
    "EditPasskeyForm",
    "InviteForm",
    "MailForm",
    "PasskeyForm",
    "PasskeySignInForm",
    "ProfileForm",
    "ReauthenticateCodeForm",
    "ReauthenticateForm",
    "ReauthenticatePasskeyForm",
    "ResetPasswordForm",
    "ResetPasswordKeyForm",
    "SetPasswordForm",
    "SignInForm",
    "SignUpForm",
]
