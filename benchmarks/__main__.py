"""`python -m benchmarks [postgresql] [sqlite]`: measure, print, write, and judge."""

import sys
import tempfile
from pathlib import Path

from .measure import Figure, figures
from .report import broken, write
from .sites import DATABASES


def main(names: list[str]) -> int:
    found: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="therapeutics-bench-") as folder:
        for name in names:
            found[name] = []
            for figure in figures(DATABASES[name](Path(folder))):
                print(f"{name}: {figure.what}: {figure.value:.2f}", flush=True)
                found[name].append(figure)
    print(f"\n{write(found)}")
    failures = broken(found)
    print("\n".join(failures) or "Every promise is kept.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(DATABASES)))
