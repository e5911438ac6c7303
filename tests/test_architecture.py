"""The arrows of ARCHITECTURE: who may import whom, and what each room never touches."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from django.conf import settings

from tests.arrows import ARROWS

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("therapeutics", "accounts", "appointments")
MAX_FILE, MAX_FUNCTION, MAX_MEDIAN = 300, 30, 10
DOMAIN = {
    *(f"appointments.{name}" for name in ("errors", "slots", "booking", "series", "ical")),
    *(f"appointments.{name}" for name in ("calendar", "diary", "numbers")),
    *(f"appointments.{name}" for name in ("notifications", "reminders")),
    *(f"appointments.{name}" for name in ("erasure", "retention", "personal_data")),
    *(f"accounts.{name}" for name in ("erasure", "invitations", "limits", "people", "sessions")),
}
READERS = {
    *(f"appointments.{name}" for name in ("slots", "notifications", "ical", "diary", "numbers"))
}
VIEWS = {"therapeutics.views", "accounts.views", "appointments.views", "appointments.forms"}
PAGES = ("django.http", "django.shortcuts", "django.template", "django.views")
FLASH = ("django.contrib.messages",)
CLOCK = {"now", "today", "localdate", "localtime", "utcnow"}
LOCKS = {"transaction", "IntegrityError", "select_for_update", "atomic", "UniqueConstraint"}
WRITES = {"save", "create", "bulk_create", "delete", "get_or_create", "update_or_create"}


def modules() -> dict[str, Path]:
    """Return our modules by dotted name, without migrations and management commands."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not {"migrations", "management"} & set(parts):
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def room(module: str) -> str:
    """Return the room that a module is in: `appointments.views` for `appointments.views.client`."""
    return ".".join(module.split(".")[:2])


def imports(name: str, tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that the module `name` imports, wherever in its code."""
    is_package = MODULES.get(name, Path()).name == "__init__.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = name.split(".")
            up = node.level - is_package
            base = ".".join(home[: len(home) - up]) if node.level else ""
            target = ".".join(filter(None, [base, node.module]))
            yield from (f"{target}.{alias.name}" for alias in node.names)


def names(tree: ast.AST) -> set[str]:
    """Return every name that the code says: variables, attributes, arguments, imports."""
    said: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                said.add(name)
            case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
                said.update(alias.name for alias in aliases)
    return said


def called(tree: ast.AST) -> set[str]:
    """Return the names of the methods and functions that the code calls."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls
    }


def complaints(name: str, source: str) -> list[str]:
    """Return what in this module's source is not drawn in ARCHITECTURE."""
    tree, here = ast.parse(source), room(name)
    if here not in ARROWS:
        return [f"{name} is a new room: draw it in ARCHITECTURE and in ARROWS"]
    imported = set(imports(name, tree))
    ours = {room(target) for target in imported if target.split(".")[0] in PACKAGES}
    allowed = {here, *ARROWS[here].split()}
    found = [f"{name} imports {target}" for target in sorted(ours - allowed)]
    if here in DOMAIN:
        forbidden = [target for target in imported if target.startswith(PAGES + FLASH)]
        found += [f"{name} imports {target}" for target in sorted(forbidden)]
        found += [f"{name} sees a request"] if "request" in names(tree) else []
        found += [f"{name} reads the clock"] if CLOCK & called(tree) else []
    if here in VIEWS:
        found += [f"{name} touches {word}" for word in sorted(LOCKS & names(tree))]
    if here in VIEWS | READERS:
        found += [f"{name} writes: {word}" for word in sorted(WRITES & called(tree))]
    return found


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each function with its length: the lines of its body after the docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def own_python() -> list[Path]:
    """Return every Python file of ours, tests and commands included, migrations excluded."""
    folders = [*PACKAGES, "tests", "benchmarks"]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in files if "migrations" not in path.parts]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_module_imports_only_along_the_arrows(name):
    assert complaints(name, MODULES[name].read_text()) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("therapeutics.mail", "from accounts.models import User"),
        ("therapeutics.views", "import appointments.slots"),
        ("accounts.models", "from appointments import booking"),
        ("accounts.permissions", "def late():\n    from appointments.models import Appointment"),
        ("appointments.models.slot", "from .. import booking"),
        ("appointments.models.hours", "from ..slots import Slot"),
        ("appointments.slots", "from . import booking"),
        ("appointments.slots", "def free(): Appointment.objects.create()"),
        ("appointments.booking.actions", "from ..views import client"),
        ("appointments.booking", "from django.shortcuts import render"),
        ("appointments.booking", "from django.contrib import messages"),
        ("appointments.booking", "def book(request): pass"),
        ("appointments.booking", "from django.utils import timezone\nwhen = timezone.now()"),
        ("accounts.invitations", "import django.http"),
        ("appointments.forms.slot", "from .. import booking"),
        ("appointments.views.client", "from django.db import transaction"),
        ("appointments.views.client", "from django.db.utils import IntegrityError"),
        ("appointments.views.staff", "def f(a): a.save()"),
        ("appointments.views.staff", "Appointment.objects.select_for_update()"),
        ("appointments.views.staff", "from appointments import notifications"),
        ("appointments.helpers", ""),
    ],
)
def test_arrow_that_is_not_drawn_is_caught(name, source):
    assert complaints(name, source) != []


def test_arrow_that_is_drawn_passes():
    source = "from accounts.permissions import SignedInRequest\nfrom appointments import booking"
    assert complaints("appointments.views.client", source) == []


def test_parts_are_included_by_string():
    """`therapeutics.urls` knows the other packages' addresses only by name."""
    source = MODULES["therapeutics.urls"].read_text()
    assert 'include("appointments.urls")' in source
    assert complaints("therapeutics.urls", source) == []


def test_files_stay_within_300_lines():
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in own_python()
    }
    assert {name: count for name, count in lines.items() if count > MAX_FILE} == {}


def test_functions_stay_within_30_lines():
    lengths = {
        f"{path.relative_to(ROOT)}:{name}": length
        for path in own_python()
        if path.relative_to(ROOT).parts[0] in PACKAGES
        for name, length in functions(ast.parse(path.read_text()))
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}
    assert median(lengths.values()) < MAX_MEDIAN


def test_long_function_is_counted_without_its_signature_and_docstring():
    source = 'def f(\n    a,\n):\n    """Says.\n\n    More."""\n    b = a\n    return b\n'
    assert list(functions(ast.parse(source))) == [("f", 2)]
