"""Every page, in Chromium: no barrier that axe-core knows of, and no sideways scrolling."""

from collections import defaultdict
from dataclasses import replace

import pytest
from playwright.sync_api import Page as Window

from . import axe
from .collect import Page, Shown
from .show import DESKTOP, ENLARGED, STILL, Stage, look, show

pytestmark = [pytest.mark.once, pytest.mark.browser, pytest.mark.django_db]

WIDE = ".week"  # the diary's table
EXCESS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

PALE_IN_THE_DARK = "@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }"
WIDE_ONLY = "@media (max-width: 48rem) { .week { display: none } }"
SMALL_ON_A_PHONE = "@media (max-width: 40rem) { button { all: unset; font-size: 9px } }"
BUTTONS = "<button>A</button><button>B</button><button>C</button>"


def barriers(window: Window, server: Stage, page: Page) -> list[str]:
    """Return what keeps somebody out of the page: in light, and enlarged four times in the dark.

    What has no room there, and is left out, is looked at in the dark by itself.
    """
    show(window, server, page)
    found = axe.violations(window)
    window.set_viewport_size(ENLARGED)
    look(window, color_scheme="dark")
    excess = window.evaluate(EXCESS)
    enlarged = axe.violations(window, axe.COLOURS + axe.PLACES)
    window.set_viewport_size(DESKTOP)
    if window.locator(WIDE).count():
        window.evaluate(STILL)
        enlarged += axe.violations(window, axe.COLOURS)
    found += [line for line in dict.fromkeys(enlarged) if line not in found]
    found += dict.fromkeys(window.evaluate("refused"))
    return found + ([f"scrolls sideways by {excess} px"] if excess > 0 else [])


def page_with(body: str) -> Page:
    start = '<!doctype html><html lang="en"><title>A page</title>'
    return Page("GET /", "/", 200, f"{start}<main><h1>A page</h1>{body}</main>")


def test_no_page_has_a_barrier(pages, shown, window, server):
    found = defaultdict(list)
    for page in filter(shown.is_new, pages):
        for barrier in barriers(window, server, page):
            found[barrier].append(str(page))
    assert dict(found) == {}


@pytest.mark.parametrize(
    ("body", "barrier"),
    [
        ('<img src="/static/img/mark.svg">', "image-alt: img"),
        ('<p style="color: #999; background: #fff">Pale</p>', "color-contrast: p"),
        (f"<style>{PALE_IN_THE_DARK}</style><p>Dark</p>", "color-contrast: p"),
        (
            f"<style>{PALE_IN_THE_DARK}{WIDE_ONLY}</style><div class=week><p>Dark</p></div>",
            "color-contrast: p",
        ),
        ("<h4>Too deep</h4>", "heading-order: h4"),
        ('<p style="width: 400px">Wide</p>', "scrolls sideways by"),
        (f"<style>{SMALL_ON_A_PHONE}</style>{BUTTONS}", "target-size: button"),
    ],
    ids=["image", "light", "dark", "dark and wide", "headings", "wide", "small"],
)
def test_barrier_is_found(window, server, body, barrier):
    assert [line for line in barriers(window, server, page_with(body)) if barrier in line] != []


@pytest.mark.parametrize(
    ("body", "directive"),
    [
        ('<p style="color: black">Styled</p>', "style-src-attr"),
        ("<style>p { color: black }</style>", "style-src-elem"),
        ("<script>one = 1</script>", "script-src-elem"),
        ('<img alt="Elsewhere" src="https://elsewhere.example/1.png">', "img-src"),
    ],
)
def test_what_the_policy_refuses_is_found(window, server, body, directive):
    page = replace(page_with(body), policy="default-src 'none'; script-src 'self'")
    assert [line for line in barriers(window, server, page) if directive in line] != []


def test_page_without_a_barrier_passes(window, server):
    assert barriers(window, server, page_with("<p>Plain</p>")) == []


@pytest.mark.parametrize(
    ("body", "is_new"),
    [
        ('<p class="when">2 November</p>', False),
        ('<p class="when">Another day</p>', False),
        ('<p class="off">1 November</p>', True),
        ('<p class="when">1 November</p><p></p>', True),
        (f'<p class="when">{"W" * 40}</p>', True),
    ],
    ids=["number", "words", "class", "more", "long word"],
)
def test_page_that_looks_the_same_is_shown_once(tmp_path, body, is_new):
    workers = [Shown(tmp_path), Shown(tmp_path)]
    first, second = page_with('<p class="when">1 November</p>'), page_with(body)
    assert [workers[0].is_new(each) for each in (first, first)] == [True, False]
    assert workers[1].is_new(second) is is_new
