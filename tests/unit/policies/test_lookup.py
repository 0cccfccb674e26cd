"""What policies look up in one run: what is recorded, with what the run itself records."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Demand, DemandFlow, Role
from demandflow.automation.lookup import Lookup
from demandflow.policies import Dispatch, Handler, NoticesEnd
from demandflow.policies.policy import OpenDemand
from demandflow.testing.clock import FrozenClock
from tests.stories import DAY, T0

CLERK, AUDITOR = Actor("li", Role.GRID_ADMINISTRATOR), Actor("wang", Role.AUDITOR)
TELLER, WORKER = Actor("zhou", Role.GRID_ADMINISTRATOR), Actor("liu", Role.CONTRACTOR, "a")


class Lamps:
    """Eight lamps that are out, each since another day, four of them at one place."""

    demands = tuple(
        OpenDemand(UUID(int=n), "a lamp is out", f"fufeng/c{n % 2}", None, None, T0 + n * DAY, "accepted")
        for n in range(8)
    )

    def loads(self) -> dict[str, int]:
        return {}

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        there = (demand for demand in self.demands if demand.place.startswith(place))
        return tuple(demand for demand in there if demand.received >= received_since)


@given(st.lists(st.tuples(st.sampled_from(["", "fufeng/c0", "fufeng/c1"]), st.integers(-1, 9)), max_size=8))
def test_open_demands_are_the_same_whatever_was_looked_up_before(asked: list[tuple[str, int]]) -> None:
    lookup, lamps = Lookup(T0, {}, Lamps()), Lamps()
    for place, days in asked:
        since = T0 + days * DAY
        assert lookup.open_demands(place, since) == lamps.open_demands(place, since)


def test_a_demand_that_ends_in_this_run_is_no_longer_in_its_contractors_hands() -> None:
    clock = FrozenClock()
    policies = (NoticesEnd(), Dispatch((Handler("a"), Handler("b"))))
    with DemandFlow.open("memory:", clock=clock, policies=policies) as flow:

        def accepted() -> Demand:
            registered = flow.register("a lamp is out", channel="wish_box", place="fufeng/c3", by=CLERK)
            return flow.accept(registered.id, by=AUDITOR)

        first = accepted()
        flow.run_policies()
        assert flow.demand(first.id).contractor == "a"
        flow.take_on(first.id, by=WORKER)
        flow.report(first.id, resolved=True, words="a new one", by=WORKER)
        flow.feed_back(first.id, way="public_notice", by=TELLER)
        clock.advance(days=8)
        second = accepted()
        ran = flow.run_policies()
        assert [reaction.policy for reaction in ran.reacted] == ["notices_end", "dispatch"]
        assert flow.demand(second.id).contractor == "a", "nothing is in the hands of either"
