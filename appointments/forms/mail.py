"""Which mails the counsellor looks for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from therapeutics.models import MailState

from .fields import SearchField

TROUBLE = "trouble"
STATES = [("", _("All")), (TROUBLE, _("Needs a look")), *MailState.choices]


class MailFilterForm(forms.Form):
    q = SearchField(label=_("Recipient"))
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=STATES, widget=forms.HiddenInput
    )
