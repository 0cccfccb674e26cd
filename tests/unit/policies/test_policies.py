"""The shipped policies: laws over random histories, then examples."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from demandflow import Actor, Category, Demand, InvalidValue, Place, Proposal, Refusal, Role, Workflow, closed_loop
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.decide import decide
from demandflow.domain.demand import as_if
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import MovedOver, NoticeEnded, Notified
from demandflow.domain.rules.book import the_notice_period_is_over, the_reopening_window_is_open
from demandflow.domain.standard.clocks import standard_clocks
from demandflow.facts import Accepted, ContractedOut, DetailsGiven, Escalated, Fact, HandedBack, Noted, Registered
from demandflow.policies import (
    CallBacks,
    Dispatch,
    Handler,
    NoticesEnd,
    OpenDemand,
    Policy,
    Reaction,
    Remind,
    Reminders,
    ReopenWindow,
    ReviewSuspended,
    Sorting,
    Timer,
    standard_policies,
)
from demandflow.policies import similarity as likeness_module
from demandflow.policies.similarity import LONG_ENOUGH, letters, most_similar, similarity
from demandflow.testing import History, a, a_demand, demand_id, histories
from demandflow.testing.model.streams import twin_of
from demandflow.testing.people import CATEGORIES, CONTRACTORS, PLACES
from tests.profiles import examples

pytestmark = pytest.mark.untraced

OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
UNKNOWN = Calendar.of("old", zone="Asia/Shanghai", hours="Mon-Fri 09:00-18:00", days=Days.none([2020]))
LOOP = closed_loop("loop", clocks=standard_clocks(OFFICE))
UNITS = (
    Handler("水电队", "fufeng/chengguan", ("住房",)),
    Handler("legal aid", "fufeng/chengguan/c3"),
    Handler("chen", "fufeng", ("civil_affairs", "culture")),
    Handler("王芳", "fufeng"),
)
POLICIES = standard_policies(OFFICE, units=UNITS)
OLD = datetime(2025, 3, 3, 1, tzinfo=UTC)
REMINDERS = Reminders(calendar=OFFICE)
DAY = timedelta(days=1)
JUST = timedelta(microseconds=1)


def china(text: str) -> datetime:
    """A moment by the clock on the wall in China."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@dataclass(frozen=True)
class World:
    """What policies look up, in a test: demands in memory."""

    now: datetime
    demands: tuple[Demand, ...] = ()
    workflows: tuple[Workflow, ...] = (LOOP, twin_of(LOOP))

    def workflow(self, demand: Demand) -> Workflow:
        return next(one for one in self.workflows if one.key == demand.workflow)

    def load(self, contractor: str) -> int:
        return sum(one.open and contractor in (one.contractor, *one.co_handlers) for one in self.demands)

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        found = []
        for one in self.demands:
            if one.open and one.place and one.place.within(place) and one.received and one.received >= received_since:
                found.append(
                    OpenDemand(one.id, one.text, one.place, one.category, one.contractor, one.received, one.state)
                )
        return tuple(sorted(found, key=lambda seen: (seen.received, seen.demand)))


def after(demand: Demand, fact: Fact, by: Actor, at: datetime, workflow: Workflow = LOOP) -> Demand:
    """The demand after the fact was admitted; raises what objects to it."""
    move = workflow.move_of(type(fact), demand.state, by.role)
    assert move is not None, f"no move of {workflow.key} records {type(fact).__name__} from {demand.state}"
    return evolve(demand, decide(workflow, demand, Proposal(move, fact, by, at)))


def told(history: History) -> Iterator[tuple[Demand, dict[UUID, Demand]]]:
    """Each demand after each of its events, and all demands at that time.

    A history is told without clocks; what is refused because of them is left out.
    """
    demands: dict[UUID, Demand] = {}
    workflows = {one.key: one for one in (history.workflow, twin_of(history.workflow))}
    for expected in history.told():
        other = expected.proposal.other
        proposal = as_if(expected.proposal, other=None if other is None else demands.get(other.id))
        for number, event in enumerate(expected.events):
            before = demands.get(event.demand, Demand(event.demand))
            stamp = event.stamp
            if number == 0 and not isinstance(event.fact, MovedOver):
                try:
                    stamp = decide(workflows[event.meta.workflow], before, proposal).stamp
                except Refusal:
                    break
            demands[event.demand] = evolve(before, as_if(event, version=before.version + 1, stamp=stamp))
            yield demands[event.demand], dict(demands)


@dataclass(frozen=True)
class Spoken:
    """What a policy proposed, when, and how the demand stood."""

    at: datetime
    policy: Policy
    timer: Timer
    demand: Demand
    reactions: tuple[Reaction, ...]


def run(
    policies: Sequence[Policy], demand: Demand, world: World, done: set[tuple[str, str]], until: datetime
) -> tuple[Demand, list[Spoken]]:
    """Ask at each moment for which a policy wishes, up to a last one, and record, as a runner does."""
    spoken: list[Spoken] = []
    asked: set[tuple[str, str, datetime]] = set()
    while True:
        workflow = world.workflow(demand)
        waiting = [
            (max(timer.at, demand.last or timer.at), number, timer)
            for number, policy in enumerate(policies)
            for timer in policy.timers(demand, workflow)
            if (policy.name, timer.cause) not in done
        ]
        waiting = [
            (at, number, timer)
            for at, number, timer in waiting
            if at <= until and (policies[number].name, timer.cause, at) not in asked
        ]
        if not waiting:
            return demand, spoken
        at, number, timer = min(waiting, key=lambda one: (one[0], one[1], one[2].cause))
        policy, now = policies[number], replace(world, now=at)
        asked.add((policy.name, timer.cause, at))
        reactions = tuple(policy.then(timer, demand, now))
        if reactions:
            done.add((policy.name, timer.cause))
            spoken.append(Spoken(at, policy, timer, demand, reactions))
            assert len(spoken) < 100, "it goes round"
        for reaction in reactions:
            assert type(reaction.fact) in policy.records
            demand = after(demand, reaction.fact, Actor(policy.name, Role.POLICY), at, workflow)


some = settings(max_examples=examples(60))
long_histories = histories(LOOP, max_steps=20) | histories(LOOP)


@some
@given(long_histories)
def test_the_same_question_has_the_same_answer_and_each_cause_is_named_once(history: History) -> None:
    for demand, all_of_them in told(history):
        for policy in POLICIES:
            timers = list(policy.timers(demand, LOOP))
            assert timers == list(policy.timers(demand, LOOP))
            assert len({timer.cause for timer in timers}) == len(timers)
            for timer in timers:
                world = World(max(timer.at, demand.last or timer.at), tuple(all_of_them.values()))
                assert list(policy.then(timer, demand, world)) == list(policy.then(timer, demand, world))


@pytest.mark.long
def test_random_histories_make_every_policy_speak() -> None:
    heard: set[str] = set()

    @settings(max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
    @given(histories(LOOP))
    def listen(history: History) -> None:
        for demand, _ in told(history):
            heard.update(policy.name for policy in POLICIES if list(policy.timers(demand, LOOP)))

    listen()
    # nobody supports a demand of this workflow
    assert heard == {policy.name for policy in POLICIES} - {"tell_supporters"}


@some
@given(long_histories, st.booleans())
def test_a_note_and_a_notice_change_no_wish(history: History, notice: bool) -> None:
    fact = Notified(to="auditor", kind="x", what="x") if notice else Noted(text="x")
    for demand, _ in told(history):
        assert demand.last is not None
        workflow = World(demand.last).workflow(demand)
        noted = after(demand, fact, Actor("zhao", Role.SUPERVISOR), demand.last + DAY / 3, workflow)
        for policy in POLICIES:
            assert list(policy.timers(noted, workflow)) == list(policy.timers(demand, workflow))


NAMES = (*CONTRACTORS, "王芳", "A", "B")
units = st.lists(
    st.builds(
        Handler,
        st.sampled_from(NAMES),
        st.none() | st.sampled_from((*PLACES, "fufeng", "fufeng/chengguan")),
        st.lists(st.sampled_from((*CATEGORIES, "住房")), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=6,
).map(tuple)
spans = st.sampled_from(("1 hours", "8 working hours", "1 working day", "2 calendar days"))
steps = st.builds(
    lambda before, span, **more: Remind(**{before: span} if before else {}, **more),
    st.sampled_from((None, "before", "after")),
    spans,
    to=st.sampled_from(("owner", "supervisor", "supervisor, escalated")),
    escalate=st.booleans(),
    clocks=st.sampled_from(((), ("due",), ("accept",), ("finish", "accept"), ("finish", "due"))),
)


@st.composite
def many_policies(draw: st.DrawFn) -> tuple[Policy, ...]:
    """Each shipped policy, with parameters of all kinds."""
    try:
        reminders = Reminders(
            tuple(draw(st.lists(steps, min_size=1, max_size=6))), draw(st.sampled_from((None, OFFICE)))
        )
    except InvalidValue as no:
        assert "once is enough" in str(no)
        reminders = Reminders()
    return (
        Sorting(OFFICE, draw(st.sampled_from((("09:00",), ("09:00", "14:00"))))),
        Dispatch(draw(units), draw(st.none() | st.sampled_from(NAMES))),
        reminders,
        CallBacks(OFFICE, tuple(draw(st.lists(spans, min_size=1, max_size=4)))),
        NoticesEnd(draw(st.none() | st.integers(1, 20))),
        ReviewSuspended(draw(spans)),
        ReopenWindow(draw(st.none() | st.integers(3, 40))),
    )


@some
@given(long_histories, st.data())
def test_no_answer_has_two_timers_of_one_cause_whatever_the_parameters(history: History, data: st.DataObject) -> None:
    policies = data.draw(many_policies())
    for demand, _ in told(history):
        for policy in policies:
            causes = [timer.cause for timer in policy.timers(demand, LOOP)]
            assert len(causes) == len(set(causes))


@some
@given(long_histories)
def test_of_what_has_ended_only_the_window_speaks(history: History) -> None:
    for demand, _ in told(history):
        if demand.ended_as is not None:
            speaking = {policy.name for policy in POLICIES if list(policy.timers(demand, LOOP))}
            assert speaking <= {"reopen_window"}


@some
@given(long_histories)
def test_whatever_they_propose_is_admitted_and_they_come_to_rest(history: History) -> None:
    for demand, all_of_them in told(history):
        assert demand.last is not None
        run(POLICIES, demand, World(demand.last, tuple(all_of_them.values())), set(), demand.last + 100 * DAY)


@some
@given(long_histories)
def test_a_policy_that_is_off_wishes_nothing(history: History) -> None:
    off = [replace(policy, on=False) for policy in POLICIES]  # type: ignore[type-var]
    for demand, _ in told(history):
        assert not [timer for policy in off for timer in policy.timers(demand, LOOP)]


@some
@given(long_histories)
def test_each_step_of_a_due_moment_speaks_once_in_order_and_not_after_the_clock_stopped(history: History) -> None:
    stages = {"due_soon": 0, "due_now": 1, "overdue": 2}
    done: dict[UUID, set[tuple[str, str]]] = {}
    heard: dict[tuple[UUID, str, str], list[int]] = {}
    stories: dict[UUID, list[Demand]] = {}
    for demand, _ in told(history):
        stories.setdefault(demand.id, []).append(demand)
    for one, story in stories.items():
        ends = [next_.last for next_ in story[1:]] + [None]
        for demand, end in zip(story, ends, strict=True):
            assert demand.last is not None
            until = demand.last + 60 * DAY if end is None else end - JUST
            _, spoken = run((REMINDERS,), demand, World(until), done.setdefault(one, set()), until)
            for said in spoken:
                (reaction,) = said.reactions
                fact = reaction.fact
                if isinstance(fact, Escalated):
                    assert said.timer.cause.endswith(", escalated")
                    assert not said.demand.escalated
                    continue
                assert isinstance(fact, Notified)
                clock, due = re.findall(r"^(.+) (\d{4}-\S+Z) ", said.timer.cause)[0]
                ticking = demand.clock(clock)
                running = ticking is not None and ticking.status == "running"
                assert running or (clock == "due" and demand.due is not None)
                heard.setdefault((one, clock, due), []).append(stages[fact.kind])
    for kinds in heard.values():
        assert kinds == sorted(set(kinds))


# dispatch against a slow oracle


@st.composite
def to_be_dispatched(draw: st.DrawFn) -> Demand:
    """A demand that waits for somebody to give the work to, after some had it and handed it back, or did not."""
    demand = a_demand(LOOP, "accepted")
    facts, contracts = list(demand.facts), []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        facts.append(ContractedOut)
        contracts.append((len(facts), name))
        if draw(st.booleans()):
            facts.append(HandedBack)
    return as_if(
        demand,
        place=draw(st.sampled_from(PLACES)),
        category=draw(st.none() | st.sampled_from(CATEGORIES)),
        auditors=frozenset(draw(st.sets(st.sampled_from(NAMES), max_size=2))),
        facts=tuple(facts),
        version=len(facts),
        contracts=tuple(contracts),
        lead=contracts[-1][1] if contracts else None,
    )


@dataclass(frozen=True)
class Loads(World):
    """A world in which it is known how much each has in hand."""

    loads: tuple[tuple[str, int], ...] = ()

    def load(self, contractor: str) -> int:
        return dict(self.loads)[contractor]


def by_hand(demand: Demand, units: Sequence[Handler], loads: Mapping[str, int]) -> str | None:
    """Who should get it, said in another way: nobody else is to be preferred."""

    def starts(path: str | None, of: str) -> bool:
        return path is not None and path.split("/")[: len(of.split("/"))] == of.split("/")

    handed_back, holder = set(), None
    for version, fact in enumerate(demand.facts, start=1):
        holder = dict(demand.contracts).get(version, holder)
        if fact is HandedBack:
            handed_back.add(holder)
    able: list[tuple[int, int, str]] = []
    for unit in units:
        if unit.name in demand.auditors | demand.evaluators or unit.name in handed_back:
            continue
        if unit.place is None or starts(demand.place, unit.place):
            depth = len(unit.place.split("/")) if unit.place else 0
            if not unit.categories:
                able.append((depth, 0, unit.name))
            able += [(depth, len(c.split("/")), unit.name) for c in unit.categories if starts(demand.category, c)]
    for one in able:
        beaten = any(
            other[:2] > one[:2] or (other[:2] == one[:2] and (loads[other[2]], other[2]) < (loads[one[2]], one[2]))
            for other in able
        )
        if not beaten:
            return one[2]
    return None


def answers(policy: Policy, demand: Demand, world: World) -> list[tuple[Timer, Reaction]]:
    """What the policy says to each of its timers."""
    timers = policy.timers(demand, world.workflow(demand))
    return [(timer, reaction) for timer in timers for reaction in policy.then(timer, demand, world)]


@settings(max_examples=examples(500))
@given(to_be_dispatched(), units, st.lists(st.integers(0, 2), min_size=len(NAMES), max_size=len(NAMES)))
def test_the_most_specific_unit_gets_it_and_never_its_auditor_or_who_handed_it_back(
    demand: Demand, units: tuple[Handler, ...], loads: list[int]
) -> None:
    policy, by_name = Dispatch(units), dict(zip(NAMES, loads, strict=True))
    give, _ = policy.timers(demand, LOOP)
    ((timer, reaction),) = answers(policy, demand, Loads(give.at, loads=tuple(by_name.items())))
    expected = by_hand(demand, units, by_name)
    if expected is None:
        assert timer.cause == f"no owner: {give.cause}"
        assert isinstance(reaction.fact, Notified)
        assert (reaction.fact.to, reaction.fact.kind) == ("dispatcher", "no_owner")
    else:
        assert timer == give
        assert isinstance(reaction.fact, ContractedOut)
        assert reaction.fact.contractor == expected


class TestDispatch:
    def test_a_dispatcher_who_is_faster_wins(self) -> None:
        policy, accepted = Dispatch(UNITS), a_demand(LOOP, "accepted")
        timer, _ = policy.timers(accepted, LOOP)
        given_out = after(accepted, a(ContractedOut, contractor="水电队"), Actor("sun", Role.DISPATCHER), timer.at)
        assert not list(policy.timers(given_out, LOOP))
        assert not list(policy.then(timer, given_out, World(timer.at)))

    def test_a_correction_of_the_place_is_another_question(self) -> None:
        policy, accepted = Dispatch(UNITS), a_demand(LOOP, "accepted")
        elsewhere = as_if(accepted, place=Place("岐山/蔡家坡"))
        assert {timer.cause for timer in policy.timers(accepted, LOOP)} & {
            timer.cause for timer in policy.timers(elsewhere, LOOP)
        } == set()

    def test_the_district_takes_what_no_unit_is_for_and_the_fallback_what_no_district_is_for(self) -> None:
        policy = Dispatch(
            (Handler("lamps", "fufeng/c1", ("lighting",)), Handler("district", "fufeng")), fallback="county"
        )
        here = as_if(a_demand(LOOP, "accepted"), place=Place("fufeng/c1/g3"), category=Category("noise"))
        for demand, expected in (
            (as_if(here, category=Category("lighting/lamp")), "lamps"),
            (here, "district"),
            (as_if(here, place=Place("qishan")), "county"),
        ):
            ((_, reaction),) = answers(policy, demand, World(OLD))
            assert isinstance(reaction.fact, ContractedOut)
            assert reaction.fact.contractor == expected

    def test_nobody_gets_what_they_evaluated(self) -> None:
        policy = Dispatch((Handler("王芳", "fufeng"),), fallback="county")
        demand = as_if(a_demand(LOOP, "accepted"), place=Place("fufeng/c1"), evaluators=frozenset({"王芳"}))
        ((_, reaction),) = answers(policy, demand, World(OLD))
        assert isinstance(reaction.fact, ContractedOut)
        assert reaction.fact.contractor == "county"

    def test_of_several_categories_of_a_unit_the_deepest_counts(self) -> None:
        policy = Dispatch((Handler("A", categories=("care",)), Handler("B", categories=("care", "care/home"))))
        demand = as_if(a_demand(LOOP, "accepted"), category=Category("care/home"))
        ((_, reaction),) = answers(policy, demand, World(OLD))
        assert isinstance(reaction.fact, ContractedOut)
        assert reaction.fact.contractor == "B"

    def test_nobody_is_asked_where_a_policy_may_not_contract_out(self) -> None:
        others = [state.name for state in LOOP.states if state.name not in ("accepted", "handed_back")]
        assert not [state for state in others if list(Dispatch(UNITS).timers(a_demand(LOOP, state), LOOP))]

    def test_who_was_missing_and_comes_later_gets_what_waits_for_them(self) -> None:
        lamp = as_if(a_demand(LOOP, "accepted"), place=Place("fufeng/c1"), category=Category("lighting"))
        done: set[tuple[str, str]] = set()
        until = (lamp.last or OLD) + DAY
        waits, spoken = run((Dispatch((Handler("A", "qishan"),)),), lamp, World(until), done, until)
        assert [type(one.reactions[0].fact) for one in spoken] == [Notified]
        given_out, _ = run(
            (Dispatch((Handler("A", "qishan"), Handler("B", "fufeng"))),), waits, World(until), done, until
        )
        assert given_out.contractor == "B"

    @pytest.mark.parametrize("place", ["全角　空格/c1", "/".join(["a long name"] * 60)])
    def test_a_place_that_cannot_be_printed_or_is_very_long_has_a_cause_all_the_same(self, place: str) -> None:
        here = as_if(a_demand(LOOP, "accepted"), place=Place.asked(place))  # recorded by an earlier rule
        there = as_if(here, place=Place.asked(f"{place}2"))
        ((timer, _),) = answers(Dispatch((Handler("A"),)), here, World(OLD))
        assert timer.cause not in [other.cause for other in Dispatch((Handler("A"),)).timers(there, LOOP)]


# sorting

REGISTRAR = Actor("li", Role.GRID_ADMINISTRATOR)
LAMP = "南关社区三号楼前的路灯坏了一个多星期，晚上老人出门看不见路，请尽快派人来修。"
LAMP_TOO = "我是南关社区居民，南关社区3号楼前的路灯坏了一个多星期,晚上老人出门看不见路，请尽快派人来修！"
NOISE = "楼下烧烤摊每天营业到凌晨两点，油烟和噪音很大，孩子没法睡觉，希望城管部门管一管。"


def registered(number: int, text: str, when: str, *, place: str = "fufeng/nanguan/c3/g1", **more: Any) -> Demand:
    fact = Registered(text=text, channel="hotline", place=place, resident="张三", **more)  # type: ignore[arg-type]
    return after(Demand(demand_id(number)), fact, REGISTRAR, china(when))


def asked(policy: Policy, demand: Demand, *others: Demand, workflow: Workflow = LOOP) -> list[tuple[str, Reaction]]:
    """What the policy says about the demand, each at its moment, and the moment by the clock in China."""
    found = []
    for timer in policy.timers(demand, workflow):
        for reaction in policy.then(timer, demand, World(timer.at, (demand, *others), (workflow,))):
            found.append((f"{timer.at.astimezone(UTC) + timedelta(hours=8):%a %H:%M}", reaction))
    return found


class TestSorting:
    @pytest.mark.parametrize(
        ("received", "hour"),
        [
            ("2025-03-03 08:10", "Mon 09:00"),
            ("2025-03-03 09:00", "Mon 09:00"),
            ("2025-03-03 09:01", "Mon 14:00"),
            ("2025-03-07 14:01", "Mon 09:00"),
        ],
    )
    def test_what_is_new_is_gathered_for_the_auditor_at_the_next_set_hour(self, received: str, hour: str) -> None:
        ((when, reaction),) = asked(Sorting(OFFICE), registered(1, LAMP, received))
        assert when == hour
        assert isinstance(reaction.fact, Notified)
        assert (reaction.fact.to, reaction.fact.kind) == ("auditor", "to_sort")
        assert reaction.correlation is not None
        assert reaction.correlation.endswith(hour[4:])

    def test_a_holiday_is_no_time_for_sorting_but_an_unknown_year_is(self) -> None:
        monday = registered(1, LAMP, "2025-03-03 08:00")
        closed = replace(OFFICE, days=(Days([2025], closed=[date(2025, 3, 3)]),))
        assert [when for when, _ in asked(Sorting(closed), monday)] == ["Tue 09:00"]
        assert [when for when, _ in asked(Sorting(UNKNOWN), monday)] == ["Mon 09:00"]

    def test_what_has_a_category_or_was_accepted_is_not_sorted_again(self) -> None:
        known = registered(1, LAMP, "2025-03-03 08:00", category="lighting")
        new = registered(1, LAMP, "2025-03-03 08:00")
        accepted = after(new, Accepted(), Actor("wang", Role.AUDITOR), china("2025-03-03 08:05"))
        assert not asked(Sorting(OFFICE), known)
        assert not asked(Sorting(OFFICE), accepted)

    def test_a_likely_repeat_is_suggested_by_a_note_on_the_later_one_only(self) -> None:
        first, second = registered(1, LAMP, "2025-03-01 10:00"), registered(2, LAMP_TOO, "2025-03-03 08:00")
        other = registered(3, NOISE, "2025-03-02 08:00")
        notes = [one.fact for _, one in asked(Sorting(OFFICE), second, first, other) if isinstance(one.fact, Noted)]
        assert [note.text.startswith(f"perhaps a repeat of demand {demand_id(1)}: ") for note in notes] == [True]
        assert after(second, notes[0], Actor("sorting", Role.POLICY), china("2025-03-03 09:00")).version == 2
        assert not [one for _, one in asked(Sorting(OFFICE), first, second, other) if isinstance(one.fact, Noted)]

    @pytest.mark.parametrize(
        "far",
        [{"place": "fufeng/chengguan/c3"}, {"category": "noise"}, {"when": "2025-01-03 10:00"}],
    )
    def test_what_is_far_about_something_else_or_long_ago_is_no_repeat(self, far: dict[str, str]) -> None:
        other = registered(1, LAMP, **{"when": "2025-03-01 10:00", **far})
        this = registered(2, LAMP, "2025-03-03 08:00", category="lighting")
        assert not asked(Sorting(OFFICE), this, other)

    def test_without_repeats_rapidfuzz_is_not_needed_and_with_them_it_is_said_what_to_install(self) -> None:
        code = (
            "import sys; sys.modules['rapidfuzz'] = None\n"
            "from demandflow.policies import Sorting\n"
            "from demandflow.calendars.calendar import Calendar\n"
            "office = Calendar.of('office', zone='Asia/Shanghai', hours='Mon-Fri 09:00-18:00')\n"
            "print(Sorting(office, alike=None).records)\n"
            "Sorting(office)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "Notified" in done.stdout
        assert "repeats need rapidfuzz: pip install 'demandflow[policies]'" in done.stderr

    def test_importing_the_policies_does_not_import_rapidfuzz(self) -> None:
        code = "import sys, demandflow.policies; print('rapidfuzz' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_the_same_from_both_sides_and_whole_only_of_the_same(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 100
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert similarity(one, other, 80) in (0, pytest.approx(similarity(one, other)))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (LAMP, LAMP_TOO, True),
        (LAMP, f"尊敬的领导您好！{NOISE}另外，{LAMP}", True),
        ("Ｌａｍｐ ３ ｉｓ ｏｕｔ", "lamp 3 is out!", True),
        (LAMP, NOISE, False),
        ("路灯坏了", "水管坏了", False),
        ("噪音", f"{NOISE}", False),
        ("……", "……", False),
    ],
)
def test_texts_are_alike_or_not(one: str, other: str, alike: bool) -> None:
    assert (similarity(one, other, 80) > 0) is alike


def plainly(one: str, other: str, at_least: int) -> float:
    """How alike they are, without leaving anything out."""
    whole = fuzz.ratio(first := letters(one), second := letters(other), score_cutoff=at_least)
    if not first or not second or (at_least and whole) or min(len(first), len(second)) < LONG_ENOUGH:
        return whole if first and second else 0
    return max(whole, fuzz.partial_ratio(first, second, score_cutoff=at_least))


few_letters = st.text("aab路灯", max_size=12) | st.text("路灯坏了abcA１!", min_size=15, max_size=60)


@settings(max_examples=examples(300))
@given(few_letters, few_letters, st.integers(1, 100))
def test_what_is_left_out_because_too_few_letters_are_common_is_less_alike(one: str, other: str, least: int) -> None:
    assert similarity(one, other, least) == plainly(one, other, least)
    assert similarity(one, one + other, least) == plainly(one, one + other, least)


@given(st.text("路灯坏了ab", min_size=20, max_size=40), st.lists(few_letters, max_size=8))
def test_the_likest_is_the_first_of_those_most_alike(one: str, others: list[str]) -> None:
    found = most_similar(one, list(enumerate(others)), 60)
    all_of_them = [plainly(one, other, 60) for other in others]
    best = max(all_of_them, default=0)
    assert found == ((all_of_them.index(best), best) if best else None)


def test_many_texts_are_each_read_once_however_often_they_are_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [(number, f"lamp {number} in {number % 97}") for number in range(12_000)]
    read: Counter[str] = Counter()
    monkeypatch.setattr(likeness_module, "letters", lambda text: read.update([text]) or text)
    for time in range(4):
        most_similar(f"something else entirely {time}", texts, 80)
    assert set(read.values()) == {1}


# deadlines


@cache
def waiting() -> Demand:
    """Registered on Monday at 10:00: the audit is due on Tuesday at 10:00."""
    return registered(1, LAMP, "2025-03-03 10:00")


def says(policy: Policy, demand: Demand, now: datetime, workflow: Workflow = LOOP) -> list[Fact]:
    """What all that is due by now says, each cause asked once."""
    due = sorted((timer for timer in policy.timers(demand, workflow) if timer.at <= now), key=lambda timer: timer.at)
    world = World(now, workflows=(workflow,))
    return [reaction.fact for timer in due for reaction in policy.then(timer, demand, world)]


class TestReminders:
    steps = (Remind(before="2 working hours"), Remind(), Remind(after="1 working day", to="supervisor", escalate=True))

    def test_each_step_has_its_moment_in_the_clocks_calendar(self) -> None:
        found = [f"{timer.at + timedelta(hours=8):%a %H:%M}" for timer in Reminders(self.steps).timers(waiting(), LOOP)]
        assert found == ["Mon 17:00", "Tue 10:00", "Wed 10:00", "Wed 10:00"]

    def test_the_cause_names_clock_moment_and_step(self) -> None:
        causes = [timer.cause for timer in Reminders(self.steps).timers(waiting(), LOOP)]
        assert causes[0] == "accept 2025-03-04T02:00:00Z 2 working hours before, to owner"
        last = "accept 2025-03-04T02:00:00Z 1 working day after, to supervisor"
        assert causes[2:] == [last, f"{last}, escalated"]

    def test_a_step_that_is_not_after_the_beginning_is_silent(self) -> None:
        found = [f"{timer.at + timedelta(hours=8):%a %H:%M}" for timer in REMINDERS.timers(waiting(), LOOP)]
        assert found == ["Tue 10:00", "Wed 10:00", "Wed 10:00"], "a working day before it was due, it began"

    def test_of_several_steps_that_passed_only_the_latest_speaks(self) -> None:
        notice, escalated = says(Reminders(self.steps), waiting(), china("2025-03-20 10:00"))
        assert isinstance(notice, Notified)
        assert (notice.to, notice.kind, notice.what) == ("supervisor", "overdue", "accept was due 2025-03-04 10:00")
        assert isinstance(escalated, Escalated)

    def test_what_is_escalated_is_not_escalated_again_in_this_round(self) -> None:
        there = after(waiting(), Escalated(reason="x"), Actor("zhao", Role.SUPERVISOR), china("2025-03-04 11:00"))
        assert [type(fact) for fact in says(Reminders(self.steps), there, china("2025-03-20 10:00"))] == [Notified]

    def test_the_contractor_is_named(self) -> None:
        in_hand = a_demand(LOOP, "in_hand")
        notices = says(Reminders((Remind(),)), in_hand, (in_hand.next_due or OLD) + DAY)
        told = [(one.to, one.whom) for one in notices if isinstance(one, Notified)]
        assert told == [("contractor", in_hand.contractor)]

    def test_the_due_moment_of_the_whole_has_steps_of_its_own(self) -> None:
        due = china("2025-03-10 12:00")
        plain = as_if(a_demand(LOOP, "registered"), clocks=(), due=due)
        timers = list(Reminders((Remind(before="2 calendar days"), Remind(after="3 hours"))).timers(plain, LOOP))
        assert [timer.at - due for timer in timers] == [-2 * DAY, timedelta(hours=3)]
        assert [timer.at - due for timer in Reminders((Remind(before="1 working day"),)).timers(plain, LOOP)] == [-DAY]
        assert timers[0].cause == "due 2025-03-10T04:00:00Z 2 calendar days before, to owner"

    def test_a_clock_that_nobody_can_date_is_told_the_supervisor_once(self) -> None:
        undated = closed_loop("undated", clocks=standard_clocks(UNKNOWN))
        demand = a_demand(undated, "registered")
        (notice,) = says(REMINDERS, demand, demand.last or OLD, undated)
        assert isinstance(notice, Notified)
        assert (notice.to, notice.kind) == ("supervisor", "undated")

    def test_what_waits_for_the_resident_is_not_escalated(self) -> None:
        told = a_demand(LOOP, "fed_back")
        late = says(Reminders(self.steps), told, china("2025-09-01 10:00"))
        assert [type(fact) for fact in late] == [Notified]

    def test_a_late_run_escalates_although_a_later_step_has_passed(self) -> None:
        steps = (Remind(after="1 hours", to="supervisor", escalate=True), Remind(after="2 hours", to="supervisor"))
        late = says(Reminders(steps), waiting(), china("2025-03-20 10:00"))
        assert [type(fact) for fact in late] == [Escalated, Notified]
        assert late[0] == Escalated(reason="accept was due 2025-03-04 10:00")

    def test_an_escalating_step_beside_a_plain_one_of_some_clocks_works(self) -> None:
        plain, escalating = Remind(to="supervisor"), Remind(to="supervisor", escalate=True, clocks=("accept", "finish"))
        assert str(escalating) == "due, to supervisor (accept, finish)"
        for steps in ((plain, escalating), (escalating, plain)):
            facts = [type(fact) for fact in says(Reminders(steps), waiting(), china("2025-03-04 10:00"))]
            assert Counter(facts) == {Notified: 2, Escalated: 1}

    def test_what_was_the_residents_turn_is_escalated_when_it_is_somebody_else_s(self) -> None:
        policy, due = Reminders((Remind(to="supervisor", escalate=True),)), china("2025-03-05 10:00")
        plain = closed_loop("plain")
        asked = as_if(a_demand(plain, "details_asked"), due=due)
        done: set[tuple[str, str]] = set()
        still, spoken = run((policy,), asked, World(due, workflows=(plain,)), done, due + DAY)
        assert [type(one.reactions[0].fact) for one in spoken] == [Notified]
        given = a(DetailsGiven, answer="here")
        back = after(still, given, Actor("li", Role.GRID_ADMINISTRATOR), due + DAY, plain)
        _, spoken = run((policy,), back, World(due, workflows=(plain,)), done, due + 2 * DAY)
        assert [type(one.reactions[0].fact) for one in spoken] == [Escalated]

    def test_where_notices_are_not_for_policies_it_escalates_all_the_same(self) -> None:
        moves = [one for one in LOOP.moves if one.fact is not Notified]
        silent = Workflow("silent", 1, LOOP.states, moves, clocks=LOOP.clocks)
        demand = as_if(waiting(), workflow=silent.key)
        late = says(Reminders(self.steps), demand, china("2025-03-20 10:00"), silent)
        assert [type(fact) for fact in late] == [Escalated]

    @pytest.mark.parametrize("named", [("acept",), ("accept", "finsh")])
    def test_a_step_for_a_clock_that_there_is_not_is_said_when_it_is_given(self, named: tuple[str, ...]) -> None:
        policy = Reminders((Remind(), Remind(clocks=named)))
        plain = closed_loop("plain")
        with pytest.raises(InvalidValue) as caught:
            policy.check([plain, LOOP])
        wrong = named[-1]
        assert str(caught.value).startswith(f"clocks: {wrong!r} is none; possible: ")
        assert str(caught.value).endswith(f"possible: {', '.join(sorted([*(one.name for one in LOOP.clocks), 'due']))}")
        replace(policy, on=False).check([plain, LOOP])

    @pytest.mark.parametrize("named", [(), ("due",), ("accept",), ("finish", "due")])
    def test_a_step_for_a_clock_of_some_workflow_or_for_the_whole_is_one(self, named: tuple[str, ...]) -> None:
        Reminders((Remind(clocks=named),)).check(iter([closed_loop("plain"), LOOP]))

    def test_clocks_named_like_the_whole_are_told_apart_from_it(self) -> None:
        alike = [Clock(name, "registered", "3 hours", OFFICE) for name in ("due", "due of the whole")]
        dues = closed_loop("dues", clocks=(*LOOP.clocks, *alike))
        demand = a_demand(dues, "registered")
        (due,) = (one.due for one in demand.clocks if one.clock == "due")
        causes = [timer.cause for timer in Reminders((Remind(),)).timers(as_if(demand, due=due), dues)]
        whole = "due of the whole of the whole"
        assert {one.partition(" 2")[0] for one in causes} - {"accept"} == {"due", "due of the whole", whole}
        Reminders((Remind(clocks=("due of the whole of the whole",)),)).check([dues])

    def test_steps_may_be_of_some_clocks_only(self) -> None:
        only = Reminders((Remind(clocks=("finish",)), Remind(to="supervisor", clocks=("dispatch", "finish"))))
        assert not list(only.timers(waiting(), LOOP)), "accept is none of them"
        timers = only.timers(a_demand(LOOP, "accepted"), LOOP)
        assert sorted(timer.cause.partition(" ")[0] for timer in timers) == ["dispatch", "finish", "finish"]

    def test_two_steps_of_one_moment_both_speak(self) -> None:
        both = Reminders((Remind(), Remind(to="supervisor")))
        tos = [fact.to for fact in says(both, waiting(), china("2025-03-04 10:00")) if isinstance(fact, Notified)]
        assert tos == ["auditor", "supervisor"]


# call-backs, notices, reviews, windows


class TestCallBacks:
    def demand(self, missed: int = 0) -> Demand:
        asked = as_if(a_demand(LOOP, "fed_back"), told_at=china("2025-03-06 16:00"), missed_callbacks=missed)
        assert asked.asked
        return asked

    def test_attempts_are_spread_over_days(self) -> None:
        found = [f"{timer.at + timedelta(hours=8):%a %H:%M}" for timer in CallBacks(OFFICE).timers(self.demand(), LOOP)]
        assert found == ["Fri 11:00", "Fri 16:00", "Tue 16:00"]

    def test_what_was_missed_already_needs_no_notice(self) -> None:
        ((_, reaction),) = asked(CallBacks(OFFICE), self.demand(missed=2))
        assert isinstance(reaction.fact, Notified)
        assert reaction.fact.what == "call back for an evaluation, attempt 3 of 3; missed: 2"

    def test_of_several_attempts_whose_time_has_come_only_the_last_is_asked_for(self) -> None:
        (notice,) = says(CallBacks(OFFICE), self.demand(), china("2025-03-20 09:00"))
        assert isinstance(notice, Notified)
        assert notice.what == "call back for an evaluation, attempt 3 of 3; missed: 0"

    def test_nobody_calls_the_anonymous_or_who_has_evaluated(self) -> None:
        assert not asked(CallBacks(OFFICE), as_if(self.demand(), resident=None))
        assert not asked(CallBacks(OFFICE), as_if(self.demand(), evaluated=True))


def test_an_anonymous_demand_is_closed_when_its_notice_has_hung_long_enough() -> None:
    told_at = china("2025-03-06 16:00")
    anonymous = as_if(a_demand(LOOP, "fed_back"), resident=None, asked=False, told_at=told_at)
    (timer,) = NoticesEnd(7).timers(anonymous, LOOP)
    assert timer.at == told_at + 7 * DAY
    assert says(NoticesEnd(7), anonymous, timer.at) == [NoticeEnded()]
    assert not list(NoticesEnd(7).timers(as_if(anonymous, resident="张三"), LOOP))


def without(workflow: Workflow, maker: object) -> Workflow:
    """The workflow without the rules that this made."""
    moves = [
        replace(one, rules=tuple(rule for rule in one.rules if getattr(rule, "made_by", None) is not maker))
        for one in workflow.moves
    ]
    return Workflow("without", 1, workflow.states, moves, clocks=workflow.clocks)


FORTNIGHT = closed_loop("fortnight", notice_days=14, reopening_days=2, clocks=standard_clocks(OFFICE))


@pytest.mark.parametrize(
    ("policy", "workflow", "days"),
    [
        (NoticesEnd(), FORTNIGHT, 14),
        (NoticesEnd(20), FORTNIGHT, 20),
        (NoticesEnd(7), FORTNIGHT, 14),
        (NoticesEnd(), LOOP, 7),
        (NoticesEnd(), without(FORTNIGHT, the_notice_period_is_over), 7),
        (NoticesEnd(3), without(FORTNIGHT, the_notice_period_is_over), 3),
    ],
)
def test_a_notice_hangs_for_as_long_as_the_workflow_says(policy: NoticesEnd, workflow: Workflow, days: int) -> None:
    told_at = china("2025-03-06 16:00")
    anonymous = as_if(a_demand(workflow, "fed_back"), resident=None, asked=False, told_at=told_at, last=told_at)
    (timer,) = policy.timers(anonymous, workflow)
    assert timer.at == told_at + days * DAY
    world = World(timer.at, workflows=(workflow,))
    closed, _ = run((policy,), anonymous, world, set(), timer.at)
    assert closed.ended_as == "closed"


def test_whoever_s_turn_it_is_hears_of_the_review() -> None:
    suspended = a_demand(LOOP, "suspended")
    assert suspended.review is not None
    (notice,) = says(ReviewSuspended(), suspended, suspended.review)
    assert isinstance(notice, Notified)
    assert (notice.to, notice.whom, notice.kind) == ("contractor", suspended.contractor, "review")
    assert not says(ReviewSuspended(), suspended, suspended.review - JUST)
    assert len(says(ReviewSuspended("1 hour"), suspended, suspended.review - timedelta(hours=1))) == 1


@pytest.mark.parametrize("state", ["closed", "refused", "withdrawn"])
def test_the_resident_hears_that_the_window_closes_while_it_is_open(state: str) -> None:
    demand = as_if(a_demand(LOOP, state), resident="张三")
    assert demand.ended is not None
    until = demand.ended + 30 * DAY
    (notice,) = says(ReopenWindow(), demand, until - 3 * DAY)
    assert isinstance(notice, Notified)
    assert (notice.to, notice.whom, notice.kind) == ("resident", "张三", "window_closes")
    assert not says(ReopenWindow(), demand, until + JUST)
    assert not list(ReopenWindow().timers(as_if(demand, resident=None), LOOP))


@pytest.mark.parametrize(
    ("policy", "workflow", "days", "before"),
    [
        (ReopenWindow(), LOOP, 30, 3),
        (ReopenWindow(), FORTNIGHT, 2, 2),
        (ReopenWindow(before_days=1), FORTNIGHT, 2, 1),
        (ReopenWindow(60), FORTNIGHT, 2, 2),
        (ReopenWindow(10), LOOP, 10, 3),
        (ReopenWindow(), without(FORTNIGHT, the_reopening_window_is_open), 30, 3),
    ],
)
def test_the_window_is_the_workflows(policy: ReopenWindow, workflow: Workflow, days: int, before: int) -> None:
    demand = as_if(a_demand(workflow, "closed"), resident="张三")
    assert demand.ended is not None
    (timer,) = policy.timers(demand, workflow)
    until = demand.ended + days * DAY
    assert timer.at == until - before * DAY
    (notice,) = says(policy, demand, until, workflow)
    assert isinstance(notice, Notified)
    assert notice.what == f"it can be taken up again until {until:%Y-%m-%d %H:%M} UTC"
    assert not says(policy, demand, until + JUST, workflow)


def test_what_was_merged_has_no_window() -> None:
    assert not list(ReopenWindow().timers(as_if(a_demand(LOOP, "merged"), resident="张三"), LOOP))


# parameters


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sorting("office"), "policy sorting: its calendar is a Calendar, got 'office'"),  # type: ignore[arg-type]
        (lambda: Sorting(OFFICE, at=("9 o'clock",)), 'at: "9 o\'clock" is no time of day to the minute'),
        (lambda: Sorting(OFFICE, at=("09:00", "09:00")), "at: must be set hours, each once"),
        (lambda: Sorting(OFFICE, at=()), "at: must be set hours"),
        (lambda: Sorting(OFFICE, near=0), "near: must be a whole number from 1 to 100, got 0"),
        (lambda: Sorting(OFFICE, alike=101), "alike: must be a whole number from 1 to 100, got 101"),
        (lambda: Sorting(OFFICE, days=True), "days: must be a whole number from 1 to 3660, got True"),
        (lambda: Sorting(OFFICE, name=""), "policy's name: '' is empty"),
        (lambda: Sorting(OFFICE, on=1), "policy sorting: on is True or False, got 1"),  # type: ignore[arg-type]
        (lambda: Dispatch(), "units: must be at least one Handler, or a fallback"),
        (lambda: Dispatch(("A",)), "units: must be a Handler or several, got ('A',)"),  # type: ignore[arg-type]
        (lambda: Handler(" A"), "unit's name: ' A' is empty or has blanks"),
        (lambda: Handler("A", "a//b"), "place: "),
        (lambda: Handler("A", "a", (1,)), "unit's categories: must be texts"),  # type: ignore[arg-type]
        (lambda: Remind(before="1 hour", after="1 hour"), "remind: before (1 hour) or after (1 hour), not both"),
        (lambda: Remind(before="soon"), "before: 'soon' is none; write a number and one of working days"),
        (lambda: Remind(after="3661 working days"), "after: 3661 working days is too long; ten years"),
        (lambda: Remind(escalate=1), "escalate: must be True or False, got 1"),  # type: ignore[arg-type]
        (lambda: Remind(to=""), "to: '' is empty"),
        (lambda: Reminders((Remind(), Remind())), "steps: 'due, to owner' is there 2 times; once is enough"),
        (lambda: Reminders(("1 hour",)), "steps: must be a Remind or several"),  # type: ignore[arg-type]
        (lambda: Reminders(calendar=1), "policy reminders: its calendar is a Calendar or None, got 1"),  # type: ignore[arg-type]
        (lambda: CallBacks(OFFICE, ()), "after: must be one or more spans"),
        (lambda: CallBacks(OFFICE, "1 hour"), "after: must be one or more spans"),  # type: ignore[arg-type]
        (lambda: NoticesEnd(0), "days: must be a whole number from 1 to 3660, got 0"),
        (lambda: ReviewSuspended("-1 hours"), "before: '-1 hours' is none"),
        (lambda: standard_policies(OFFICE, reopening_days="3"), "days: must be a whole number from 1 to 3660, got '3'"),  # type: ignore[arg-type]
        (lambda: standard_policies(OFFICE, notice_days=0), "days: must be a whole number from 1 to 3660, got 0"),
        (lambda: ReopenWindow(before_days=True), "before_days: must be a whole number from 0 to 3660, got True"),
        (lambda: Remind(clocks=(" x",)), "clocks: ' x' is empty or has blanks"),
        (lambda: Reminders((Remind(), Remind(escalate=True))), "steps: 'due, to owner' is there 2 times"),
        (
            lambda: Reminders((Remind(to="a", escalate=True), Remind(to="a, escalated"))),
            "steps: 'due, to a, escalated' is there 2 times",
        ),
        (lambda: Timer("today", "x"), "timer: must be a datetime, got 'today'"),  # type: ignore[arg-type]
        (lambda: Timer(OLD.replace(tzinfo=None), "x"), "timer: 2025-03-03T01:00:00 has no time zone"),
        (lambda: Timer(OLD.replace(year=2200), "x"), "timer: 2200-03-03T01:00:00+00:00 lies outside 1900–2199"),
        (lambda: Timer(OLD, ""), "cause: '' is empty"),
        (lambda: Timer(OLD, "a\nb"), "cause: 'a\\nb' has the control character"),
        (lambda: Timer(OLD, "x" * 301), "cause: 'xxx"),
        (lambda: Timer(OLD, 1), "cause: must be a text, got 1"),  # type: ignore[arg-type]
        (lambda: Reaction("x"), "reaction: must be a fact, for instance Noted(text=…), got 'x'"),  # type: ignore[arg-type]
        (lambda: Reaction(Accepted(), ""), "reaction's move: '' is empty"),
        (lambda: Reaction(Accepted(), correlation="a\n"), "reaction's correlation: 'a\\n' is empty or has blanks"),
        (lambda: ReopenWindow(3, 4), "before_days: 4 is before the window of 3 days opens; give 3 at most"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_possible(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        make()
    assert str(caught.value).startswith(says)


def test_the_standard_policies_have_names_of_their_own_and_dispatch_only_to_somebody() -> None:
    names = [policy.name for policy in POLICIES]
    at_ends = ("notices_end", "reviews", "reopen_window", "tell_supporters")
    assert names == ["sorting", "dispatch", "reminders", "call_backs", *at_ends]
    assert "dispatch" not in [policy.name for policy in standard_policies(OFFICE, alike=None)]
    assert hash(POLICIES) == hash(standard_policies(OFFICE, units=UNITS))


def test_a_wake_is_kept_in_utc_and_may_have_a_long_cause() -> None:
    timer = Timer(OLD.astimezone(ZoneInfo("Asia/Shanghai")), "x" * 300)
    assert timer.at.tzinfo is UTC
    assert timer == Timer(OLD, "x" * 300)
    assert hash(timer) == hash(Timer(OLD, "x" * 300))


def test_standard_policies_take_their_numbers_from_the_workflow_or_as_given() -> None:
    given = {policy.name: policy for policy in standard_policies(OFFICE, notice_days=9, reopening_days=2)}
    assert given["notices_end"] == NoticesEnd(9)
    assert given["reopen_window"] == ReopenWindow(2, 2, OFFICE)
    assert {NoticesEnd(), ReopenWindow(calendar=OFFICE)} <= set(POLICIES)


def test_who_wants_to_be_asked_after_the_end_of_time_is_asked_at_its_end() -> None:
    last = datetime(2199, 12, 31, 23, tzinfo=UTC)
    lamp = as_if(waiting(), since=last, received=last, last=last, due=last + JUST, clocks=())
    suspended = as_if(a_demand(LOOP, "suspended"), review=datetime(1900, 1, 2, tzinfo=UTC))
    anonymous = as_if(a_demand(LOOP, "fed_back"), resident=None, asked=False, told_at=last)
    closed = as_if(a_demand(LOOP, "closed"), resident="张三", ended=last)
    for demand in (lamp, suspended, anonymous, closed):
        for policy in (*POLICIES, ReviewSuspended("9 calendar days")):
            list(policy.timers(demand, LOOP))
