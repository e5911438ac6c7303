"""What a name, a user name and an e-mail address may be made of.

They are shown on pages, and written into mail headers and calendar files. Names may come from
any script, right-to-left ones and combining characters included.
"""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# Control characters, line separators, and the marks that override the direction of what follows
# (https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings).
validate_line = RegexValidator(
    "[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]",
    _("Please write this in one line, without control characters."),
    inverse_match=True,
)

# No "@": a user name is never somebody's e-mail address. Only ASCII: databases differ in which
# other letters they take for the same in another case.
validate_username = RegexValidator(
    r"^[A-Za-z0-9_.+-]+\Z",
    _("Please use the letters a to z, digits and . + - _ only, without spaces."),
)

# RFC 5321 allows quoted parts and address literals; mail software handles them badly.
validate_address = RegexValidator(
    r'[\s"(),:;<>\[\]\\]', _("Please give an address such as name@example.org."), inverse_match=True
)


def validate_name(name: str) -> None:
    """Refuse a name that would show as nothing."""
    if not any(character.isalnum() for character in name):
        raise ValidationError(_("Please write a name with letters in it."))
