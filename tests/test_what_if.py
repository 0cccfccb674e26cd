"""What would have been: the same rules change nothing, stricter ones miss no less, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    CLOSED_LOOP,
    Actor,
    Calendar,
    Clock,
    ContractedOut,
    DemandFlow,
    Event,
    Fact,
    InvalidValue,
    Notified,
    Reaction,
    Refusal,
    Role,
    Wake,
    Workflow,
    closed_loop,
    fold,
    rejudged,
    standard_clocks,
)
from demandflow.domain.demand import Demand
from demandflow.policies import Look, Reminders
from demandflow.workbench import what_if

BEGAN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE))
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, WORKER = Actor("Zhao", Role.DISPATCHER), Actor("Chen", Role.CONTRACTOR, unit="north")
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["register", "accept", "contract_out", "take_on", "suspend", "resume", "report", "wait"]),
        st.integers(0, 4),
    ),
    min_size=3,
    max_size=25,
)


class Town:
    """A flow with reminders that run before anything else happens in an hour."""

    def __init__(self, workflow: Workflow = TIMED) -> None:
        self.now, self.number = BEGAN, 0
        self.policies = (Reminders(calendar=OFFICE),)
        self.flow = DemandFlow.open(
            "memory:", workflows=[workflow], clock=lambda: self.now, new_id=self.new_id, policies=self.policies
        )

    def new_id(self) -> UUID:
        self.number += 1
        return UUID(int=self.number)

    def do(self, what: str, number: int) -> None:
        flow, demand = self.flow, UUID(int=1 + number % max(1, self.number))
        with suppress(Refusal):
            match what:
                case "wait":
                    for _ in range(6 * (number + 1)):
                        self.now += timedelta(minutes=60)
                        flow.run_policies()
                case "register":
                    flow.register("a lamp", channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK)
                case _ if not self.number:
                    pass
                case "accept":
                    flow.accept(demand, by=AUDITOR)
                case "contract_out":
                    flow.contract_out(demand, "north", by=DISPATCHER)
                case "suspend":
                    flow.suspend(demand, "frost", review=self.now + timedelta(days=3), by=WORKER)
                case "report":
                    flow.report(demand, "done", by=WORKER)
                case _:
                    getattr(flow, what)(demand, by=WORKER)


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town()
    yield made
    made.flow.close()


def lived(deeds: list[tuple[str, int]]) -> Town:
    town = Town()
    for deed in [("register", 0), *deeds, ("wait", 3)]:
        town.do(*deed)
    return town


@given(DEEDS)
def test_the_same_clocks_and_policies_would_have_changed_nothing(deeds: list[tuple[str, int]]) -> None:
    town = lived(deeds)
    before = list(town.flow.all_events())
    found = what_if(before, TIMED, town.policies, until=town.now)
    assert found.was == found.would_be
    assert not found.otherwise
    for acted in found.policies.values():
        assert acted.was == acted.would_be
    assert all(was == would for was, would in found.load.values())
    assert list(town.flow.all_events()) == before, "nothing is written"
    town.flow.close()


@given(DEEDS, st.sampled_from(["1 working day", "2 working hours", "1 calendar days"]))
def test_stricter_clocks_would_have_missed_no_less(deeds: list[tuple[str, int]], finish: str) -> None:
    town = lived(deeds)
    stricter = closed_loop("timed", version=2, clocks=standard_clocks(OFFICE, finish=finish, accept="1 working hour"))
    found = what_if(town.flow.all_events(), stricter, until=town.now)
    for clock in ("finish", "accept"):
        late = [found.was[clock][one] for one in ("missed", "overdue")]
        would = [found.would_be[clock][one] for one in ("missed", "overdue")]
        assert sum(would) >= sum(late)
        states = ("none", "running", "paused", "met", "missed", "stopped")
        assert sum(found.would_be[clock][one] for one in states) == town.number
        assert found.would_be[clock]["missed"] - found.was[clock]["missed"] == len(
            [one for one in found.of(clock) if one.would_be == "missed"]
        ) - len([one for one in found.of(clock) if one.was == "missed"])
    town.flow.close()


@given(DEEDS)
def test_judging_anew_under_the_same_clocks_is_the_identity(deeds: list[tuple[str, int]]) -> None:
    town = lived(deeds)
    for number in range(1, town.number + 1):
        events = town.flow.events(UUID(int=number))
        assert list(rejudged(events, TIMED.clocks)) == list(events)
        bare = fold(rejudged(events, ()))
        assert bare is not None
        assert not bare.clocks
    town.flow.close()


def test_judging_anew_leaves_the_log_and_what_is_judged_by_the_rule_in_force_as_they_are(town: Town) -> None:
    town.do("register", 0)
    town.now += timedelta(hours=12)
    town.do("accept", 0)
    strict = standard_clocks(OFFICE, accept="1 working hour")
    demand, judged = town.flow.demand(UUID(int=1)), fold(rejudged(town.flow.events(UUID(int=1)), strict))
    assert judged is not None
    assert [one.stands for one in (demand.clock("accept"), judged.clock("accept")) if one] == ["met", "missed"]
    assert town.flow.figures().clock("accept").met == 1


class Giving:
    """Gives work to another unit than people did."""

    name, on, records = "giving", True, (ContractedOut,)

    def wakes(self, demand: Demand, workflow: Workflow) -> Iterator[Wake]:
        if demand.state == "accepted" and demand.since is not None:
            yield Wake(demand.since, f"round {demand.round}")

    def then(self, wake: Wake, demand: Demand, look: Look) -> Iterator[Reaction]:
        if demand.text == "a riddle":
            raise LookupError("nobody knows")
        yield Reaction(ContractedOut(contractor="south" if look.load("south") == 0 else "north"))


def test_it_says_what_another_policy_would_have_done_and_what_it_raised(town: Town) -> None:
    for text in ("a lamp", "a riddle"):
        demand = town.flow.register(text, channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK).id
        town.flow.accept(demand, by=AUDITOR)
        town.now += timedelta(hours=1)
        town.flow.contract_out(demand, "north", by=DISPATCHER)
    found = what_if(town.flow.all_events(), TIMED, (Giving(),))
    assert found.policies["giving"].would_be == {"ContractedOut": 1}
    assert found.load == {"north": (2, 1), "south": (0, 1)}
    assert [one.partition(": ")[2] for one in found.raised] == ["nobody knows"]
    assert "policy giving: ContractedOut 0 → 1" in str(found)
    assert found.as_dict()["load"] == {"north": (2, 1), "south": (0, 1)}


def test_it_counts_the_escalations_that_would_have_come(town: Town) -> None:
    town.do("register", 0)
    town.do("wait", 4)
    strict = closed_loop("timed", version=2, clocks=standard_clocks(OFFICE, accept="1 working hour"))
    found = what_if(town.flow.all_events(), strict, town.policies, until=town.now)
    assert found.policies["reminders"].would_be["Escalated"] == 1
    assert found.policies["reminders"].was.get("Escalated", 0) == 0
    assert (found.was["accept"]["overdue"], found.would_be["accept"]["overdue"]) == (1, 1)


def test_a_log_without_such_demands_and_what_is_no_workflow_are_told(town: Town) -> None:
    with pytest.raises(InvalidValue, match=r"no demand in it is on closed-loop; say which: of="):
        what_if(town.flow.all_events(), CLOSED_LOOP)
    with pytest.raises(InvalidValue, match="must be a Workflow"):
        what_if([], "timed")  # type: ignore[arg-type]
    town.do("register", 0)
    assert what_if(town.flow.all_events(), CLOSED_LOOP, of=["timed@1"]).would_be["accept"]["none"] == 1


def facts_of(events: list[Event]) -> list[type[Fact]]:
    return [type(event.fact) for event in events]


def test_clocks_of_another_name_are_none_before(town: Town) -> None:
    town.do("register", 0)
    whole = Clock("whole", tuple(s.name for s in TIMED.states if s.ended_as is None), "9 calendar days", OFFICE)
    found = what_if(town.flow.all_events(), closed_loop("timed", version=3, clocks=(whole,)))
    assert found.was["whole"]["none"] == 1
    assert found.would_be["whole"]["running"] == 1
    assert Notified not in facts_of(list(town.flow.all_events()))
