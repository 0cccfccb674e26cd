"""Many people join one activity at once: it has as many as it has places, and nobody is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from demandflow import DemandFlow
from demandflow.domain.county.people.activities import ACTIVITY, Activity, Joined, Left
from demandflow.errors import RuleBroken, StorageBusy
from demandflow.testing import FrozenClock
from tests.unit.county.playing import ORGANISER, T0, volunteer
from tests.unit.county.test_activities import announced

PLACES, THREADS = 40, 8
PEOPLE = tuple(f"volunteer {number}" for number in range(2 * PLACES))


@pytest.mark.parametrize("waiting_list", [True, False])
def test_8_threads_for_40_places_are_40_joined(log_url: str, waiting_list: bool) -> None:
    with DemandFlow.open(log_url, workflows=(ACTIVITY,), clock=FrozenClock(T0)) as flow:
        clinic = flow.start(announced(PLACES, waiting_list=waiting_list), of=Activity, by=ORGANISER).id

        def join(who: str) -> bool:
            while True:
                try:
                    flow.act(clinic, "join", Joined(who=who), of=Activity, by=volunteer(who))
                except StorageBusy:
                    continue
                except RuleBroken as refusal:
                    assert "there is no waiting list" in str(refusal)
                    return False
                return True

        with ThreadPoolExecutor(THREADS) as pool:
            let_in = [who for who, joined in zip(PEOPLE, pool.map(join, PEOPLE), strict=True) if joined]
        activity = flow.stream(Activity, clinic)
        assert len(activity.joined) == PLACES
        assert {*activity.joined, *activity.waiting} == {*let_in}
        assert len(activity.waiting) == len(let_in) - PLACES == (PLACES if waiting_list else 0)
        assert activity.version == 1 + len(let_in)

        first = activity.joined[0]
        after = flow.act(clinic, "leave", Left(who=first), of=Activity, by=volunteer(first))
        assert after.joined == activity.joined[1:] + activity.waiting[:1]
