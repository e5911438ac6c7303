"""Static files: the few that pages use of node_modules, and the names all are served under."""

import builtins
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class NodeFiles(FileSystemStorage):
    """Reads `settings.NODE_FILES`: public names below `vendor/`, files below node_modules."""

    prefix = "vendor"

    def __init__(self) -> None:
        super().__init__(location=settings.NODE_MODULES)

    def path(self, name: str) -> str:
        return super().path(settings.NODE_FILES[name])


class NodeModulesFinder(BaseFinder):
    """Finds `vendor/<name>` for every name in `settings.NODE_FILES`."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.storage = NodeFiles()

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        folder, _, name = path.partition("/")
        if folder != NodeFiles.prefix or name not in settings.NODE_FILES:
            return []
        found = self.storage.path(name)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for name in settings.NODE_FILES:
            yield name, self.storage

    def check(self, **kwargs: object) -> builtins.list[CheckMessage]:
        files = [Path(self.storage.path(name)) for name in settings.NODE_FILES]
        if missing := [str(file) for file in files if not file.is_file()]:
            hint = "Run `make install`, or `npm ci` beside package.json."
            return [Error(f"Front-end files are missing: {', '.join(missing)}", hint=hint)]
        return []


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Names every file by its content, in our modules' imports of one another as well."""

    support_js_module_import_aggregation = True
