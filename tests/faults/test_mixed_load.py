"""Everybody at once, for some seconds: what `python -m benchmarks mixed` measures for a minute."""

import pytest

from tests.faults import load

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("faults-postgresql")]

SECONDS = 4
FEW = 12  # slots for 32 people: also on a busy machine some of them want the same one


def test_every_write_is_told_and_no_slot_is_given_twice(practice, serve):
    came = load.put_on(serve(practice), practice, SECONDS, wanted=FEW)
    assert came.failures == came.twice == came.untold == 0, (came.wrong, statuses(came))
    assert {one.status for one in came.reads} == {200}
    assert 0 < came.refused < len(came.writes)
    practice.assert_whole()


def statuses(came: load.Outcome) -> set[int]:
    return {one.status for one in came.answers}
