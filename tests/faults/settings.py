"""The settings of a site under test that is to be broken: its own, with shorter patience.

`FAULTS_CLOCK` is by how many seconds the clock of a process is wrong, `FAULTS_PATIENCE` how long
it waits for what does not answer.
"""

import datetime as dt
import os

from tests.served import *  # noqa: F403 - they are all of them meant
from tests.served import INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.column"]

if patience := float(os.environ.get("FAULTS_PATIENCE", "0")):
    EMAIL_TIMEOUT = patience
    if "address" in STORAGES["default"].get("OPTIONS", {}):
        STORAGES["default"]["OPTIONS"]["timeout"] = patience

if wrong_by := int(os.environ.get("FAULTS_CLOCK", "0")):
    import time_machine

    now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=wrong_by)
    time_machine.travel(now, tick=True).start()
