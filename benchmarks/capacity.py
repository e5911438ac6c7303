"""What one web process can do: `python -m benchmarks.capacity`, for docs/deploy.md.

Requests in a second depend on what else the machine does; processor time for one request hardly
does, so that is what an estimate is made of.
"""

import tempfile
from pathlib import Path

import psutil

from tests.server import serving

from .load import Site
from .sites import postgresql, prepared

APPOINTMENTS, SECONDS = 5_000, 8
PAGES = {
    "home": "/",
    "booking page": "/appointments/book/",
    "availability.json": "/appointments/availability.json",
    "upcoming appointments": "/appointments/",
}
MEGABYTE = 2**20


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="therapeutics-capacity-") as created:
        url = postgresql(Path(created))(APPOINTMENTS)
        environment = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        session = prepared(str(APPOINTMENTS), environment)["client"]
        with serving(environment | {"WEB_CONCURRENCY": "1"}) as server:
            print("| asked | requests/s | median ms | web CPU ms | database CPU ms |")
            for name, path in PAGES.items():
                print(measured(name, path, Site(server, session)), flush=True)
            print(f"Memory: {memory() / MEGABYTE:.0f} MB for gunicorn and one process")


def measured(name: str, path: str, site: Site) -> str:
    site.load(path, 2)  # everything is imported and connected
    web, database = of_web(), of_database()
    load = site.load(path, SECONDS)
    count = load.per_second * SECONDS
    costs = ((of_web() - web) / count * 1000, (of_database() - database) / count * 1000)
    return (
        f"| {name} | {load.per_second:.0f} | {load.p50_ms:.0f} | {costs[0]:.1f} | {costs[1]:.1f} |"
    )


def gunicorns() -> list[psutil.Process]:
    everything = psutil.Process().children(recursive=True)
    return [each for each in everything if "gunicorn" in " ".join(each.cmdline())]


def of_web() -> float:
    return sum(busy(each) for each in gunicorns())


def of_database() -> float:
    backends = psutil.process_iter(["cmdline"])
    ours = f"appointments_{APPOINTMENTS}"
    return sum(busy(each) for each in backends if ours in " ".join(each.info["cmdline"] or []))


def busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def memory() -> int:
    return sum(each.memory_full_info().pss for each in gunicorns())


if __name__ == "__main__":
    main()
