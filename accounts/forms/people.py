"""Forms about people: who signs up, who is invited, what they say of themselves."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.models import STAFF_MAILINGS, Contact, Invitation, Mailing, User
from accounts.validators import (
    validate_address,
    validate_line,
    validate_name,
    validate_username,
)

PASSWORD_HELP = _("Ten characters or more. A few words in a row are good and easy to keep.")
ADDRESS = _("Please give an address such as name@example.org.")


class SignUpForm(forms.Form):
    """What somebody who is invited chooses. The e-mail is not theirs to choose here."""

    username = UsernameField(
        label=_("User name"),
        max_length=150,
        validators=[validate_username],
        help_text=_("Letters a to z, digits and . + - _, without spaces. You sign in with it."),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[validate_line, validate_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HELP,
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        self.invitation = invitation
        super().__init__(*args, **{"initial": {"name": invitation.name}, **kwargs})

    def clean_username(self) -> str:
        name: str = get_adapter().clean_username(self.cleaned_data["username"])
        return name

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        person = User(
            username=data.get("username", ""),
            name=data.get("name", ""),
            email=self.invitation.email,
        )
        if password := data.get("password1"):
            try:
                validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return data


class InviteForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        validators=[validate_line, validate_name],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        validators=[validate_address],
        error_messages={"invalid": ADDRESS},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name", "phone", "contact"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }
        labels = {"contact": _("How we may reach you best")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["contact"].required = False  # left out is as it was
        if self.instance.is_staff:
            del self.fields["contact"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("contact") == Contact.PHONE and data.get("phone") == "":
            self.add_error("phone", _("Please give a number, or choose another way to reach you."))
        return data


class MailForm(forms.ModelForm):
    """Which mail a person wants: everything but what is unticked."""

    class Meta:
        model = User
        fields = ["reminder", "calendar_files", "agenda", "feed_titles"]
        labels = {
            "reminder": _("Remind me of an appointment"),
            "calendar_files": _("Attach appointments for my calendar"),
            "agenda": _("Send me the day’s appointments each morning"),
            "feed_titles": _("Sessions in my calendar are called"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_staff = self.instance.is_staff
        for name in ("reminder", "calendar_files") if is_staff else ("agenda", "feed_titles"):
            del self.fields[name]
        mailings = [one for one in Mailing if (one in STAFF_MAILINGS) == is_staff]
        self.mailings = [one.value for one in mailings]
        welcome = forms.MultipleChoiceField(
            required=False,
            widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
            label=_("Write to me when"),
            choices=[(one.value, one.label) for one in mailings],
            initial=[one for one in self.mailings if one not in self.instance.muted],
        )
        self.fields = {"welcome": welcome, **self.fields}

    def choices(self) -> dict[str, object]:
        """Return what is chosen, by the fields of a person."""
        chosen = dict(self.cleaned_data)
        welcome = chosen.pop("welcome")
        return {**chosen, "muted": [one for one in self.mailings if one not in welcome]}
