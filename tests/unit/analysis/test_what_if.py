"""What would have been: the same rules change nothing, stricter ones miss no less, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    DemandFlow,
    Event,
    FeedbackMethod,
    Grade,
    InvalidValue,
    Refusal,
    Role,
    Workflow,
    closed_loop,
    fold,
    standard_clocks,
)
from demandflow.analysis import what_if
from demandflow.analysis.lookup import OpenDemands
from demandflow.domain.clocks.rejudging import rejudged
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.values import Place
from demandflow.facts import ContractedOut, Fact, Noted, Notified
from demandflow.policies import Dispatch, Handler, Policy, PolicyContext, Reaction, Reminders, Timer, standard_policies

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

    policies: tuple[Policy, ...] = (Reminders(calendar=OFFICE),)

    def __init__(self, workflow: Workflow = TIMED) -> None:
        self.now, self.number = BEGAN, 0
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
    stricter = closed_loop("timed", version=3, clocks=standard_clocks(OFFICE, finish=finish, accept="1 working hour"))
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
    assert [one.status for one in (demand.clock("accept"), judged.clock("accept")) if one] == ["met", "missed"]
    assert town.flow.figures().clock("accept").met == 1


class Giving:
    """Gives work to another unit than people did."""

    name, on, records = "giving", True, (ContractedOut,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.state == "accepted" and demand.since is not None:
            yield Timer(demand.since, f"round {demand.round}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        if demand.text == "a riddle":
            raise LookupError("nobody knows")
        yield Reaction(ContractedOut(contractor="south" if context.load("south") == 0 else "north"))


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
    assert found.as_dict()["load"] == {"north": [2, 1], "south": [0, 1]}


def test_it_counts_the_escalations_that_would_have_come(town: Town) -> None:
    town.do("register", 0)
    town.do("wait", 4)
    strict = closed_loop("timed", version=3, clocks=standard_clocks(OFFICE, accept="1 working hour"))
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
    assert what_if(town.flow.all_events(), CLOSED_LOOP, of=["timed@2"]).would_be["accept"]["none"] == 1


def facts_of(events: list[Event]) -> list[type[Fact]]:
    return [type(event.fact) for event in events]


def test_clocks_of_another_name_are_none_before(town: Town) -> None:
    town.do("register", 0)
    whole = Clock("whole", tuple(s.name for s in TIMED.states if s.ended_as is None), "9 calendar days", OFFICE)
    found = what_if(town.flow.all_events(), closed_loop("timed", version=4, clocks=(whole,)))
    assert found.was["whole"]["none"] == 1
    assert found.would_be["whole"]["running"] == 1
    assert Notified not in facts_of(list(town.flow.all_events()))


def test_without_policies_what_they_did_stays(town: Town) -> None:
    town.do("register", 0)
    town.do("wait", 15)
    found = what_if(town.flow.all_events(), TIMED)
    assert found.policies["reminders"].was["Escalated"] == 1
    assert found.policies["reminders"].would_be == found.policies["reminders"].was
    off = what_if(town.flow.all_events(), TIMED, (Reminders(calendar=OFFICE, on=False),))
    assert off.policies["reminders"].would_be == {}, "policies that are switched off are policies that do nothing"


def test_what_was_recorded_after_the_moment_of_judging_is_not_seen(town: Town) -> None:
    town.do("register", 0)
    town.now += timedelta(hours=2)
    as_it_stood = town.now
    town.now += timedelta(hours=1)
    town.do("accept", 0)
    town.flow.contract_out(UUID(int=1), "north", by=DISPATCHER)
    town.do("register", 0)
    found = what_if(town.flow.all_events(), TIMED, (Giving(),), until=as_it_stood)
    assert (found.was["accept"]["running"], found.was["accept"]["met"]) == (1, 0)
    assert found.was == found.would_be
    assert sum(found.was["accept"].values()) == 1, "the other one was not there yet"
    assert not found.load
    assert not found.policies
    with pytest.raises(InvalidValue, match=r"no demand in it is on timed by 2026-03-02 00:59 UTC"):
        what_if(town.flow.all_events(), TIMED, until=BEGAN - timedelta(minutes=1))


def test_what_a_clock_that_went_back_recorded_after_later_things_is_not_seen_either(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demandflow.recording.moments.FAR_BEHIND", timedelta(days=1))  # as logs of before have it
    town.do("register", 0)
    town.now += timedelta(hours=3)
    town.do("accept", 0)
    town.now -= timedelta(hours=2)
    town.flow.contract_out(UUID(int=1), "north", by=DISPATCHER)
    found = what_if(town.flow.all_events(), TIMED, until=town.now)
    assert found.was["dispatch"]["none"] == 1
    assert found.was["accept"]["running"] == 1


BARE = closed_loop("bare")
SAME_NAMES = closed_loop("other", clocks=standard_clocks(OFFICE, accept="5 working days"))
SUPERVISOR = Actor("Sun", Role.SUPERVISOR)
STRICT = closed_loop("timed", version=3, clocks=standard_clocks(OFFICE, accept="1 working hour"))


@pytest.fixture
def towns() -> Iterator[DemandFlow]:
    """A town with three workflows, and nothing that runs by itself."""
    now, numbers = [BEGAN], iter(range(1, 100))
    workflows = [TIMED, BARE, SAME_NAMES, STRICT]
    with DemandFlow.open(
        "memory:", workflows=workflows, clock=lambda: now[0], new_id=lambda: UUID(int=next(numbers))
    ) as flow:
        flow.register("a lamp", channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK)
        now[0] += timedelta(hours=2)
        yield flow


def test_on_a_workflow_without_clocks_those_of_a_demand_stop(towns: DemandFlow) -> None:
    towns.migrate(UUID(int=1), BARE.key, by=SUPERVISOR)
    towns.accept(UUID(int=1), by=AUDITOR)
    for workflow in (TIMED, STRICT):
        found = what_if(towns.all_events(), workflow, until=BEGAN + timedelta(days=9))
        assert found.was["accept"]["stopped"] == found.would_be["accept"]["stopped"] == 1
        assert found.would_be["accept"]["overdue"] == 0
        assert not found.otherwise


def test_on_another_workflow_what_stood_the_same_goes_on_and_what_stood_otherwise_stops(towns: DemandFlow) -> None:
    towns.migrate(UUID(int=1), SAME_NAMES.key, by=SUPERVISOR)
    found = what_if(towns.all_events(), TIMED)
    assert found.was == found.would_be
    assert found.was["accept"]["running"] == 1
    stricter = what_if(towns.all_events(), STRICT, until=BEGAN + timedelta(hours=1, minutes=30))
    assert stricter.would_be["accept"]["overdue"] == 1
    stricter = what_if(towns.all_events(), STRICT, until=BEGAN + timedelta(days=30))
    assert (stricter.was["accept"]["overdue"], stricter.would_be["accept"]["overdue"]) == (1, 0)
    assert stricter.would_be["accept"]["stopped"] == 1
    towns.accept(UUID(int=1), by=AUDITOR)
    gone_on = what_if(towns.all_events(), STRICT)
    assert (gone_on.was["accept"]["met"], gone_on.would_be["accept"]["stopped"]) == (1, 1)
    assert what_if(towns.all_events(), TIMED).would_be["dispatch"]["running"] == 1


def test_a_demand_that_left_and_came_back_is_judged_again(towns: DemandFlow) -> None:
    towns.migrate(UUID(int=1), BARE.key, by=SUPERVISOR)
    towns.migrate(UUID(int=1), TIMED.key, by=SUPERVISOR)
    found = what_if(towns.all_events(), STRICT)
    assert found.was["accept"]["running"] == found.would_be["accept"]["running"] == 1
    assert found.of("accept") == (), "both run; they are due at other moments"
    assert what_if(towns.all_events(), TIMED, of=(TIMED.key,)).otherwise == ()
    assert what_if(towns.all_events(), TIMED, of="bare@2").would_be["accept"]["stopped"] == 1


def test_one_that_comes_from_another_name_is_known_from_its_first_day(towns: DemandFlow) -> None:
    towns.register("a hole", channel="hotline", place="fufeng/c2", resident="qian", by=CLERK, workflow=BARE.key)
    towns.migrate(UUID(int=2), TIMED.key, by=SUPERVISOR)
    towns.accept(UUID(int=2), by=AUDITOR)

    class Asking(Giving):
        def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
            assert demand.received is not None
            texts = [seen.text for seen in context.open_demands("fufeng", BEGAN)]
            assert [seen.text for seen in context.open_demands("fufeng/c2", demand.received)] == ["a hole"]
            assert context.open_demands("fufeng/c", BEGAN) == ()
            assert len(context.open_demands("", BEGAN)) == 2
            yield Reaction(ContractedOut(contractor="south", reason=f"{demand.text}; {len(texts)} are open"))

    found = what_if(towns.all_events(), TIMED, (Asking(),))
    assert (found.load, found.raised) == ({"south": (0, 1)}, ())


class WhenReady:
    """Waits until somebody has noted that it is ready; says so once."""

    name, on, records = "when_ready", True, (Notified,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.received is not None and demand.open:
            yield Timer(demand.received, "ready")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        if Noted in demand.facts:
            yield Reaction(Notified(to="auditor", kind="ready", what="it is ready"))


def test_what_had_no_answer_is_asked_again_when_the_demand_changes_and_what_had_one_is_not(towns: DemandFlow) -> None:
    assert what_if(towns.all_events(), TIMED, (WhenReady(),)).policies == {}
    towns.note(UUID(int=1), "ready", by=CLERK)
    for _ in range(3):
        assert what_if(towns.all_events(), TIMED, (WhenReady(),)).policies["when_ready"].would_be == {"ready": 1}
        towns.note(UUID(int=1), "and again", by=CLERK)


class Refusing(Giving):
    """Proposes what the rules do not let in."""

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        yield Reaction(ContractedOut(contractor=AUDITOR.id))


def test_what_the_rules_would_not_let_in_is_told_and_not_counted(towns: DemandFlow) -> None:
    towns.accept(UUID(int=1), by=AUDITOR)
    found = what_if(towns.all_events(), TIMED, (Refusing(),))
    assert (found.policies, found.load, len(found.raised)) == ({}, {}, 1)
    assert "giving about" in found.raised[0]
    assert "cannot" in found.raised[0]


class GivesSouth(Giving):
    """Gives everything to the south, each time that it waits to be given out."""

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.state in ("accepted", "handed_back") and demand.since is not None:
            yield Timer(demand.since, f"round {demand.round}, after {len(demand.contracts)}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        if not demand.contracts or demand.text != "once":
            yield Reaction(ContractedOut(contractor="south", reason=f"{context.load('south')} in hand"))


@pytest.mark.parametrize(
    ("text", "load"),
    [
        ("always", {"east": (1, 1), "north": (2, 0), "south": (0, 2)}),
        ("once", {"east": (1, 1), "north": (2, 1), "south": (0, 1)}),
    ],
)
def test_what_a_policy_would_have_given_out_stands_for_what_people_gave(
    town: Town, text: str, load: dict[str, tuple[int, int]]
) -> None:
    flow, demand = town.flow, UUID(int=1)
    flow.register(text, channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK)
    steps: tuple[Callable[[], object], ...] = (
        lambda: flow.accept(demand, by=AUDITOR),
        lambda: flow.note(demand, "a word in between", by=CLERK),
        lambda: flow.contract_out(demand, "north", by=DISPATCHER),
        lambda: flow.hand_back(demand, "not ours", by=WORKER),
        lambda: flow.contract_out(demand, "north", reason="it is theirs", by=DISPATCHER),
        lambda: flow.recall(demand, "east", reason="they have no time", by=DISPATCHER),
    )
    for step in steps:
        step()
        town.now += timedelta(hours=1)
    found = what_if(flow.all_events(), TIMED, (GivesSouth(),))
    assert (found.load, found.raised) == (load, ())


def test_what_was_given_out_before_the_round_changed_stands_for_nothing_after_it(town: Town) -> None:
    flow, demand = town.flow, UUID(int=1)
    flow.register("a lamp", channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK)
    loads: list[int] = []

    class FirstRound(GivesSouth):
        def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
            loads.append(context.load("south"))
            if demand.round == 1:
                yield from super().then(timer, demand, context)

    zhao = Actor("zhao", Role.RESIDENT)
    steps: tuple[Callable[[], object], ...] = (
        lambda: flow.accept(demand, by=AUDITOR),
        lambda: flow.withdraw(demand, by=zhao),
        lambda: flow.reopen(demand, "after all", by=zhao),
        lambda: flow.contract_out(demand, "north", by=DISPATCHER),
    )
    for step in steps:
        step()
        town.now += timedelta(hours=1)
    found = what_if(flow.all_events(), TIMED, (FirstRound(),))
    assert found.load == {"north": (1, 1), "south": (0, 1)}
    assert loads == [0, 0], "what was withdrawn is no longer in hand"


def test_the_load_is_the_one_that_would_have_been(town: Town) -> None:
    flow, units = town.flow, (Handler("a"), Handler("b"), Handler("c"))
    for number in range(1, 7):
        flow.register("a lamp", channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK)
        flow.accept(UUID(int=number), by=AUDITOR)
        town.now += timedelta(hours=1)
        flow.contract_out(UUID(int=number), "north", by=DISPATCHER)
    found = what_if(flow.all_events(), TIMED, (Dispatch(units),))
    assert found.load == {"a": (0, 2), "b": (0, 2), "c": (0, 2), "north": (6, 0)}


UNITS = (
    Handler("north"),
    Handler("west", "fufeng/c1"),
    Handler("east", "fufeng/c1"),
    Handler("lamps", "fufeng", ("lighting",)),
    Handler("more lamps", "fufeng", ("lighting",)),
)
STANDARD = standard_policies(OFFICE, units=UNITS)
LONG = closed_loop("timed", version=4, clocks=standard_clocks(OFFICE, finish="1 working day"))
THINGS = ("a lamp is out in the yard", "a lamp is out at the yard", "a hole in the road")
NAMES = ("zhao", "qian", None)
DOINGS = (
    *("register", "sort", "wait", "wait", *["go_on"] * 12),
    *("hand_back", "recall", "suspend", "resume", "miss_callback", "withdraw", "reopen", "merge", "unmerge"),
    *("refuse", "appeal", "note", "escalate", "move_over", "correct", "extend", "ask_details", "give_details"),
)
NEXT = {
    **{"registered": "accept", "accepted": "contract_out", "handed_back": "contract_out", "suspended": "resume"},
    **{"contracted_out": "take_on", "in_hand": "report", "reported": "feed_back", "fed_back": "evaluate"},
}
LIVES = st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 11)), min_size=8, max_size=60)


class Standing(Town):
    """A town in which all the policies run at each moment at which one of them wants to be asked."""

    policies = STANDARD

    def __init__(self) -> None:
        self.now, self.number = BEGAN, 0
        self.flow = DemandFlow.open(
            "memory:",
            workflows=[TIMED, LONG, BARE],
            clock=lambda: self.now,
            new_id=self.new_id,
            policies=self.policies,
        )

    def do(self, what: str, number: int) -> None:
        if what == "wait":
            self.wait(timedelta(hours=(1, 3, 9, 20, 24, 45, 70, 100, 170, 200, 400, 900)[number]))
            return
        with suppress(Refusal):
            self.act(what, number, UUID(int=1 + number % max(1, self.number)))
        self.flow.run_policies()
        # whether the policies ran before or after what happened at the same moment, a log does not say
        self.now += timedelta(seconds=1)

    def wait(self, how_long: timedelta) -> None:
        until = self.now + how_long
        while (moment := self.flow.next_moment()) is not None and moment <= until:
            self.now = max(self.now, moment)
            self.flow.run_policies()
        self.now = until

    def act(self, what: str, number: int, demand: UUID) -> None:
        flow, other = self.flow, UUID(int=1 + (number + 1) % max(1, self.number))
        if what == "register":
            text, resident = THINGS[number % 3], NAMES[number % 7 % 3]
            category = (None, None, "lighting", "roads")[number % 4]
            due = self.now + timedelta(days=2) if number == 5 else None
            place = f"fufeng/c{number % 2}"
            say = {"channel": "hotline", "place": place, "resident": resident, "category": category, "due": due}
            flow.register(text, **say, workflow=(TIMED, LONG)[number % 5 % 2].key, by=CLERK)
            return
        if not self.number:
            return
        now = flow.demand(demand)
        what = NEXT.get(now.state, "note") if what == "go_on" else what
        worker = Actor("Chen", Role.CONTRACTOR, unit=now.contractor or "north")
        zhao = Actor(now.resident or "nobody", Role.RESIDENT)
        match what:
            case "sort":
                flow.sort(demand, category=("lighting", "roads")[number % 2], by=AUDITOR)
            case "contract_out" | "recall":
                getattr(flow, what)(demand, ("north", "south")[number % 2], reason="theirs", by=DISPATCHER)
            case "take_on" | "resume":
                getattr(flow, what)(demand, by=worker)
            case "report":
                flow.report(demand, "done", resolved=number % 3 > 0, by=worker)
            case "feed_back":
                flow.feed_back(demand, FeedbackMethod.PUBLIC_NOTICE if now.anonymous else FeedbackMethod.CALL, by=CLERK)
            case "evaluate":
                grade = (Grade.SATISFIED, Grade.DISSATISFIED)[number % 2]
                flow.evaluate(demand, resolved=number % 2 == 0, grade=grade, by=zhao)
            case "hand_back" | "withdraw" | "reopen" | "appeal":
                getattr(flow, what)(demand, "it is so", by=worker if what == "hand_back" else zhao)
            case "suspend":
                flow.suspend(demand, "frost", review=self.now + timedelta(days=1 + number), by=worker)
            case "extend":
                flow.ask_extension(demand, self.now + timedelta(days=9), "parts", by=worker)
                flow.extend(demand, self.now + timedelta(days=9), by=DISPATCHER)
            case "merge":
                flow.merge(demand, into=other, by=AUDITOR)
            case "refuse":
                flow.refuse(demand, "not_ours", "it is the county's", by=AUDITOR)
            case "escalate":
                flow.escalate(demand, "by hand", by=SUPERVISOR)
            case "move_over":
                flow.migrate(demand, (TIMED, LONG, BARE)[number % 3].key, by=SUPERVISOR)
            case "correct":
                flow.correct(demand, 1, reason="looked again", category=("roads", "lighting")[number % 2], by=AUDITOR)
            case "accept" | "unmerge":
                flow.accept(demand, by=AUDITOR) if what == "accept" else flow.unmerge(demand, "no", by=AUDITOR)
            case "ask_details":
                flow.ask_details(demand, "which?", by=CLERK)
            case "give_details":
                flow.give_details(demand, "that one", by=CLERK)
            case "note" | "miss_callback":
                getattr(flow, what)(demand, "a word", by=CLERK)


@given(LIVES)
def test_all_policies_run_when_due_would_have_done_what_they_did(deeds: list[tuple[str, int]]) -> None:
    town = Standing()
    for deed in [("register", 0), *deeds, ("wait", 9)]:
        town.do(*deed)
    events, said = list(town.flow.all_events()), [str(one) for one in town.flow.parked()]
    town.flow.close()
    for workflow in (TIMED, LONG):
        try:
            found = what_if(events, workflow, STANDARD, until=town.now, of=(workflow.key,))
        except InvalidValue:
            continue
        for name, acted in found.policies.items():
            assert acted.was == acted.would_be, name
        assert all(was == would for was, would in found.load.values()), found.load
        assert found.was == found.would_be
        assert len(found.raised) <= len(said)


SHOWN = st.tuples(
    st.integers(1, 6), st.integers(0, 4), st.sampled_from(["a", "a/b", "a/b/c", "ab", None]), st.booleans()
)


@given(st.lists(SHOWN, max_size=20), st.sampled_from(["", "a", "a/b", "ab", "x"]), st.integers(0, 4))
def test_the_open_demands_nearby_are_those_that_one_finds_by_looking_at_all(
    shown: list[tuple[int, int, str | None, bool]], place: str, since: int
) -> None:
    days, demands, nearby = [BEGAN + timedelta(days=day) for day in range(5)], dict[UUID, Demand](), OpenDemands()
    for number, day, where, ended in shown:
        at, this = None if where is None else Place(where), UUID(int=number)
        demands[this] = as_if(
            Demand(this), version=1, received=days[day], place=at, ended_as="closed" if ended else None
        )
        nearby.update(demands[this])
    near = [
        (one.received, one.id)
        for one in demands.values()
        if one.open and one.received is not None and one.received >= days[since]
        if not place or (one.place is not None and one.place.within(place))
    ]
    assert [(seen.received, seen.demand) for seen in nearby.at(place, days[since])] == sorted(near)
