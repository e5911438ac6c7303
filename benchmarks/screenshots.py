"""Pictures of the main pages of the demo practice, for the README: `make screenshots`."""

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.weight import choose_an_hour

from .demo import Demo, running

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
SIZES = ((360, 780), (768, 1024), (1280, 800))
PHONE = 360
DARK = ("booking", "home")  # at the greatest width, once more in the dark
QUALITY = 80


@dataclass(frozen=True)
class Shot:
    """A page, who looks at it, and what is done there before the picture is taken."""

    path: str
    who: str | None = None
    then: Callable[[Page], None] = lambda page: None


def shots(demo: Demo) -> dict[str, Shot]:
    return {
        "home": Shot("/"),
        "sign-in": Shot("/accounts/login/"),
        "sign-up": Shot(demo.paths["invitation"], then=open_the_account),
        "booking": Shot("/appointments/book/", "client", then=choose_an_hour),
        "appointment": Shot(demo.paths["appointment"], "client"),
        "upcoming": Shot("/appointments/", "client"),
        "account": Shot("/account/", "client"),
        "two-factor": Shot("/accounts/2fa/", "client"),
        "diary": Shot("/client-admin/", "staff"),
        "client-admin": Shot("/client-admin/appointments/", "staff"),
        "client-admin-appointment": Shot(demo.paths["staff_appointment"], "staff"),
        "invitations": Shot("/client-admin/invitations/", "staff"),
    }


def open_the_account(page: Page) -> None:
    page.get_by_role("button", name="Open your account").click()
    page.wait_for_url("**/accounts/signup/")


def take_all(demo: Demo, browser: Browser) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, shot in shots(demo).items():
        for width, height in SIZES:
            take(demo, browser, shot, FOLDER / f"{name}-{width}.webp", width, height)
        if name in DARK:
            file = FOLDER / f"{name}-{width}-dark.webp"
            take(demo, browser, shot, file, width, height, color_scheme="dark")


def take(
    demo: Demo, browser: Browser, shot: Shot, file: Path, width: int, height: int, **options: str
) -> None:
    """Take what the window shows; a phone's picture has a phone's sharpness."""
    page = demo.opened(
        browser,
        shot.who,
        viewport={"width": width, "height": height},
        device_scale_factor=2 if width == PHONE else 1,
        reduced_motion="reduce",
        **options,
    )
    for _visit in range(2):  # the second has the fonts at hand from the start
        answer = page.goto(shot.path)
        if answer is None or not answer.ok:
            raise RuntimeError(f"{shot.path} answered {answer and answer.status}")
    shot.then(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.fonts.ready.then(() => scrollTo(0, 0))")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    picture.convert("RGB").save(file, quality=QUALITY, method=6)
    page.context.close()
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB", flush=True)


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="therapeutics-screenshots-") as folder,
        running(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        take_all(demo, browser)
        browser.close()


if __name__ == "__main__":
    main()
