"""How hours, dates and icons are written. No queries."""

import datetime as dt
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import ua_parser
from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

register = template.Library()

LONGEST_NAME = 28
ICONS = Path(settings.NODE_MODULES, "@fortawesome", "fontawesome-free", "svgs")


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, family: str = "solid") -> SafeString:
    """Return Font Awesome's SVG inline, hidden from screen readers: a label stands beside it."""
    svg = Path(f"{ICONS}/{family}/{name}.svg").read_text(encoding="utf-8")
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL).strip()
    attributes = 'class="icon" aria-hidden="true" focusable="false" fill="currentColor"'
    return mark_safe(svg.replace("<svg ", f"<svg {attributes} ", 1))  # noqa: S308 - our own file


@register.simple_tag
@lru_cache(maxsize=256)
def symbol(name: str, key: str) -> SafeString:
    """Return an icon to be drawn many times on a page: `<use href="#key"/>` draws it."""
    svg = re.sub(r"^<svg[^>]*viewBox", f'<symbol id="{key}" viewBox', icon(name))
    svg = svg.replace("</svg>", "</symbol>")
    return mark_safe(svg)  # noqa: S308 - our own file


@register.filter
def called(person: Any, initials: bool) -> str:
    """Ada Byron, cut where it gets too long; AB when only initials may be seen"""
    return person.get_initials() if initials else Truncator(str(person)).chars(LONGEST_NAME)


@register.filter
def long_date(date: dt.date) -> str:
    """Tuesday 24 November 2026"""
    return date_format(date, "l j F Y")


@register.filter
def short_date(date: dt.date) -> str:
    """Tue 24 Nov 2026"""
    return date_format(date, "D j M Y")


@register.filter
def near_date(date: dt.date) -> str:
    """Tue 24 Nov"""
    return date_format(date, "D j M")


@register.filter
def clock(hour: int) -> str:
    """09:00"""
    return f"{hour:02}:00"


@register.filter
def session(hour: int, minutes: int) -> str:
    """09:00–09:50, for an hour and the session length shown, in minutes"""
    end = hour * 60 + minutes
    return f"{hour:02}:00–{end // 60:02}:{end % 60:02}"


@register.filter
def browser(agent: str) -> str:
    """Firefox on Linux, for a browser's User-Agent header"""
    known = ua_parser.parse(agent)
    browser = known.user_agent.family if known.user_agent else _("An unknown browser")
    if known.os is None:
        return browser
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": known.os.family}
