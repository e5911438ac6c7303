"""Whom the counsellor looks for among the clients, and what is written down about one."""

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import MAX_NOTE

from .fields import NoteField, SearchField


class Account(TextChoices):
    """Which accounts are listed."""

    OPEN = "open", _("Open")
    DEACTIVATED = "deactivated", _("Deactivated")
    ALL = "all", _("All")


class ClientFilterForm(forms.Form):
    """Open accounts unless others are asked for; a search finds them all."""

    q = SearchField(label=_("Name, e-mail or phone"))
    account = forms.ChoiceField(
        label=_("Account"), required=False, choices=Account, widget=forms.HiddenInput
    )

    def clean_account(self) -> str:
        usual = Account.ALL if self.cleaned_data.get("q") else Account.OPEN
        return self.cleaned_data["account"] or usual


class ClientSearchForm(forms.Form):
    q = SearchField()


class NoteForm(forms.Form):
    text = NoteField(
        label=_("New note"),
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The practice alone reads it. Up to 2000 characters."),
        error_messages={"required": _("Please write something first.")},
    )
