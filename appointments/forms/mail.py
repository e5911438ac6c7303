"""Which mails the counsellor looks for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from therapeutics.models import MailState

from .clients import MAX_QUERY

TROUBLE = "trouble"
STATES = [("", _("All")), (TROUBLE, _("Needs a look")), *MailState.choices]


class MailFilterForm(forms.Form):
    q = forms.CharField(
        label=_("Recipient"),
        required=False,
        max_length=MAX_QUERY,
        widget=forms.SearchInput(attrs={"autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=STATES, widget=forms.HiddenInput
    )
