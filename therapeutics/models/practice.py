"""The practice: what visitors read about it, in one row."""

from email.utils import formataddr

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from therapeutics import media

from .single_row import SingleRow

MAX_SENDER = 254  # characters, as long as the mail queue keeps


def known_calendar(code: str) -> None:
    """Refuse a code of which no public holidays are known."""
    import holidays  # large, and needed here only

    country, _dash, part = code.partition("-")
    try:
        holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        text = _("No public holidays are known for this. Examples: GB-ENG, IE, US-NY.")
        raise ValidationError(text) from None


class Practice(SingleRow):
    """Who the practice is: on every page and in every mail."""

    name = models.CharField(_("name"), max_length=100, default="Therapeutics, Inc")
    discreet_name = models.CharField(
        _("discreet name"),
        max_length=50,
        default="T. Inc",
        validators=[
            RegexValidator(
                r'[<>@,;"\\\x00-\x1f\x7f]',
                _("Use letters, digits, spaces and simple punctuation."),
                inverse_match=True,
            )
        ],
        help_text=_("The sender's name in mail: nothing in it tells what the practice does."),
    )
    phone = models.CharField(
        _("phone"),
        max_length=30,
        default="020 7946 0000",
        validators=[
            RegexValidator(r"\A\+?[0-9 ()-]+\Z", _("Use digits, spaces, brackets and a leading +."))
        ],
        help_text=_("New clients call this number to arrange a first consultation."),
    )
    email = models.EmailField(_("e-mail"), default="practice@example.com")
    address = models.TextField(_("address"), max_length=300, blank=True)
    introduction = models.TextField(
        _("introduction"),
        max_length=1000,
        blank=True,
        help_text=_("A few sentences for the home page."),
    )
    holiday_calendar = models.CharField(
        _("public holidays"),
        max_length=10,
        default="GB-ENG",
        blank=True,
        validators=[known_calendar],
        help_text=_(
            "The country, and its part where that matters: GB-ENG, IE, US-NY (ISO 3166)."
            " Their public holidays are offered for leave. Empty: none are."
        ),
    )
    hero = models.ImageField(
        _("hero image"),
        upload_to=media.fresh_name,
        blank=True,
        help_text=_(
            "The home page's picture: JPEG, PNG or WebP of at most 10 MB, wider than high"
            " and at least 1200 × 600 pixels. Without one an illustration is shown."
        ),
    )
    # In pixels, so that a page knows them without the file. The form keeps them: with the
    # image field's own `width_field` each save would fetch the file to measure it again.
    hero_width = models.PositiveIntegerField(null=True, editable=False)
    hero_height = models.PositiveIntegerField(null=True, editable=False)

    class Meta(SingleRow.Meta):
        verbose_name = _("practice")
        verbose_name_plural = _("practice")

    def __str__(self) -> str:
        return self.name

    @property
    def sender(self) -> str:
        """The discreet name and the e-mail, as a From header has them."""
        return formataddr((self.discreet_name, self.email))

    @property
    def picture(self) -> media.Picture | None:
        """What a page says of the hero image; None without one. No query, no look at the file."""
        if not (self.hero.name and self.hero_width and self.hero_height):
            return None
        return media.shown(name=self.hero.name, width=self.hero_width, height=self.hero_height)

    def clean(self) -> None:
        super().clean()
        if len(self.sender) > MAX_SENDER:
            text = _("The discreet name and the e-mail are too long together.")
            raise ValidationError({"discreet_name": text})

    @property
    def phone_link(self) -> str:
        """The number as a `tel:` address (RFC 3966): a leading + and digits."""
        return "tel:" + "".join(c for c in self.phone if c.isdigit() or c == "+")
