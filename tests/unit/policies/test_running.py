"""The runner: once a cause, however often it runs, whoever else runs, and wherever it is killed."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Flag
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demandflow import (
    Actor,
    Calendar,
    Demand,
    DemandFlow,
    Event,
    InvalidValue,
    Notice,
    Refusal,
    Role,
    Workflow,
    closed_loop,
    standard_clocks,
)
from demandflow.automation import ParkedReaction
from demandflow.automation.agenda import Agenda
from demandflow.automation.follower import follow
from demandflow.facts import Accepted, ContractedOut, Escalated, Fact, Noted, Notified
from demandflow.policies import Reaction, Timer
from demandflow.policies.policy import PolicyContext
from demandflow.policies.setup import setup_of
from demandflow.store.log import Log, VersionTaken
from demandflow.store.pending import PendingLog

BEGAN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE))
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
WORKER = Actor("Chen", Role.CONTRACTOR, unit="north")


class Killed(BaseException):
    """The process is no more."""


@dataclass(frozen=True)
class Overdue:
    """Says once that a clock has run out, and escalates in the same save."""

    name: str = "overdue"
    on: bool = True
    records: tuple[type[Fact], ...] = (Notified, Escalated)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        for clock in demand.running:
            if clock.due is not None:
                yield Timer(clock.due, f"{clock.clock} {clock.due:%Y-%m-%dT%H:%MZ}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        yield Reaction(Notified(to="supervisor", kind="overdue", what=timer.cause))
        if not demand.escalated:
            yield Reaction(Escalated(reason=timer.cause))


@dataclass(frozen=True)
class LeastLoaded:
    """Contracts out to whoever has least to do: what it proposes depends on what was proposed before."""

    name: str = "least loaded"
    on: bool = True
    records: tuple[type[Fact], ...] = (ContractedOut,)
    units: tuple[str, ...] = ("north", "south", "west")

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.state == "accepted" and demand.since is not None:
            yield Timer(demand.since, f"round {demand.round}, {len(demand.contracts)} contracts")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        unit = min(self.units, key=lambda one: (context.load(one), one))
        yield Reaction(ContractedOut(contractor=unit))


@dataclass(frozen=True)
class Quiet:
    """Wants to be asked about everything, and has nothing to say unless few are open here."""

    name: str = "quiet"
    on: bool = True
    records: tuple[type[Fact], ...] = (Noted,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.received is not None:
            yield Timer(demand.received, "received")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        if context.load("north") == 1:
            yield Reaction(Noted(text="north has one"))


@dataclass(frozen=True)
class Stumbling:
    """Raises about some demands: when it is asked when, or when it is asked what."""

    name: str = "stumbling"
    on: bool = True
    records: tuple[type[Fact], ...] = (Noted,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.text == "no moment":
            raise LookupError("no moment is known")
        if demand.received is not None:
            yield Timer(demand.received, "received")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        if demand.text == "no answer":
            raise LookupError("no answer is known")
        yield Reaction(Noted(text="seen"))


POLICIES = (LeastLoaded(), Overdue(), Quiet(), Stumbling())
MEANWHILE: list[Callable[[], object]] = []
"""What is done while Slow thinks."""


@dataclass(frozen=True)
class Slow(Quiet):
    """Thinks long before it notes anything."""

    name: str = "slow"

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        while MEANWHILE:
            MEANWHILE.pop()()
        yield Reaction(Noted(text="seen"))


class Town:
    """A flow with policies, a clock that is set, and ids in the order of registration; it can be opened anew."""

    def __init__(self, folder: Path | str | None, policies: Iterable[Any] = POLICIES) -> None:
        self.url = folder if isinstance(folder, str) else "memory:" if folder is None else f"sqlite:///{folder}/town.db"
        self.now, self.number, self.policies = BEGAN, 0, tuple(policies)
        self.flow = self.opened()

    def opened(self) -> DemandFlow:
        return DemandFlow.open(
            self.url, workflows=[TIMED], clock=lambda: self.now, new_id=self.new_id, policies=self.policies
        )

    def new_id(self) -> UUID:
        self.number += 1
        return UUID(int=self.number)

    def killed(self) -> None:
        """What a kill leaves behind: the log and the tables, nothing that was kept in the process."""
        if self.url == "memory:":
            self.flow._handler.demands.clear()
        else:
            self.flow.close()
            self.flow = self.opened()

    def log(self) -> list[Event]:
        return list(self.flow.all_events())

    def close(self) -> None:
        self.flow.close()


def registered(town: Town, text: str = "a lamp is out") -> UUID:
    return town.flow.register(text, channel="hotline", place="fufeng/c1", resident="zhao", by=CLERK).id


Deed = tuple[str, int]
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["register", "stumble", "accept", "take_on", "report", "wait", "run"]), st.integers(0, 5)
    ),
    min_size=2,
    max_size=14,
)


def do(town: Town, deed: Deed, run: Callable[[Town], object]) -> None:
    """One thing that people do, or time that goes by; what is not possible is not done."""
    what, number = deed
    demands = [UUID(int=n) for n in range(1, town.number + 1)]
    demand = demands[number % len(demands)] if demands else None
    match what:
        case "register":
            registered(town)
        case "stumble":
            registered(town, ("no moment", "no answer")[number % 2])
        case "wait":
            town.now += timedelta(hours=8 * (number + 1))
        case "run":
            run(town)
        case _ if demand is not None:
            by = AUDITOR if what == "accept" else WORKER
            if any(move.name == what for move in town.flow.possible_moves(demand, by=by)):
                made = {"accept": "accept", "take_on": "take_on", "report": "report"}[what]
                with suppress(Refusal):
                    words = ("done",) if made == "report" else ()
                    getattr(town.flow, made)(demand, *words, by=by)


STEPS = ((Agenda, "acknowledge"), (Agenda, "_replace"), (Agenda, "catch_up"), (Log, "record"), (Log, "page"))


@contextmanager
def killing(after: int) -> Iterator[None]:
    """Kill at the so-many-th of the steps that touch the log or the agenda: before it is done, or just after."""
    left = after
    real: dict[tuple[type, str], Any] = {(kind, name): getattr(kind, name) for kind, name in STEPS}

    def deadly(key: tuple[type, str]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            answer = real[key](*args, **more)
            left -= 1
            if left == 0:
                raise Killed
            return answer

        return step

    try:
        for kind, name in STEPS:
            setattr(kind, name, deadly((kind, name)))
        yield
    finally:
        for (where, name), was in real.items():
            setattr(where, name, was)


def told(event: Event) -> tuple[Any, ...]:
    return event.demand, event.version, event.fact, event.meta, event.stamp


def run_killed_at(after: int) -> Callable[[Town], object]:
    def run(town: Town) -> object:
        try:
            with killing(after):
                return town.flow.run_policies()
        except Killed:
            town.killed()
            return town.flow.run_policies()

    return run


def held(deeds: list[Deed], after: int, folder: Path | None) -> None:
    logs = []
    for run in (lambda town: town.flow.run_policies(), run_killed_at(after)):
        with TemporaryDirectory(dir=folder) as home:
            town = Town(None if folder is None else Path(home))
            try:
                for deed in [*deeds, ("wait", 5), ("run", 0)]:
                    do(town, deed, run)
                logs.append([told(event) for event in town.log()])
                parked = {(one.policy, one.demand) for one in town.flow.parked()}
            finally:
                town.close()
            logs.append(parked)  # type: ignore[arg-type]
    assert logs[0] == logs[2], "the log is another one where the runner was killed"
    assert logs[1] == logs[3], "something else is parked where the runner was killed"


def kill_and_start_again(runs: int, folder: Path | None) -> None:
    """Hold that killing changes nothing, so many times: in memory, or in files in this folder."""
    around = settings(max_examples=runs, deadline=None, suppress_health_check=list(HealthCheck))
    around(given(DEEDS, st.integers(1, 60))(lambda deeds, after: held(deeds, after, folder)))()


def test_killing_the_runner_at_any_step_and_starting_it_again_gives_the_same_log_in_memory() -> None:
    kill_and_start_again(settings().max_examples, None)


def test_killing_the_runner_at_any_step_and_starting_it_again_gives_the_same_log_on_sqlite(tmp_path: Path) -> None:
    kill_and_start_again(settings().max_examples // 2, tmp_path)


def test_what_had_no_answer_is_not_asked_again_because_the_runner_was_killed() -> None:
    # the second demand is asked about before the first is given out, and would be answered otherwise afterwards
    deeds = [("register", 0), ("register", 0), ("wait", 0), ("accept", 0), ("run", 0)]
    for after in range(1, 40):
        held(deeds, after, None)


@given(DEEDS)
def test_each_cause_is_reacted_to_once_and_making_everything_anew_reacts_to_nothing(deeds: list[Deed]) -> None:
    town = Town(None, [policy for policy in POLICIES if policy.name != "quiet"])
    try:
        for deed in deeds:
            do(town, deed, lambda one: one.flow.run_policies())
        town.flow.run_policies()
        before = len(town.log())
        commands = Counter((event.demand, event.meta.command_id) for event in town.log() if event.meta.command_id)
        assert all(number == 1 for number in commands.values())
        town.flow.rebuild()
        town.flow._agenda.forget()
        assert not town.flow.run_policies().reacted
        assert len(town.log()) == before
    finally:
        town.close()


def run_in_a_process(url: str, began: Any, found: Any) -> None:
    with DemandFlow.open(url, workflows=[TIMED], clock=lambda: BEGAN + timedelta(days=9), policies=POLICIES) as flow:
        began.wait()
        found.put(len(flow.run_policies().reacted))


@pytest.mark.long
def test_several_runners_at_once_react_once(kept_url: str) -> None:
    town = Town(kept_url)
    for _ in range(150):
        town.flow.accept(registered(town), by=AUDITOR)
    context = multiprocessing.get_context("spawn")
    began, found = context.Event(), context.Queue()
    runners = [context.Process(target=run_in_a_process, args=(town.url, began, found)) for _ in range(3)]
    for one in runners:
        one.start()
    began.set()
    numbers = [found.get(timeout=120) for _ in runners]
    for one in runners:
        one.join()
    by_command = Counter((event.demand, event.meta.command_id) for event in town.log() if event.meta.command_id)
    assert set(by_command.values()) == {1}
    town.now = BEGAN + timedelta(days=9)
    assert not town.flow.run_policies().reacted
    assert sum(numbers) == len({key for key in by_command if "#" not in str(key[1])})
    town.close()


def test_what_another_runner_recorded_meanwhile_is_no_reaction_of_this_one(kept_url: str) -> None:
    town = Town(kept_url, [Slow()])
    registered(town)
    with town.opened() as other:
        MEANWHILE.append(lambda: theirs.extend(other.run_policies().reacted))
        theirs: list[Any] = []
        ours = town.flow.run_policies().reacted
    assert (len(ours), len(theirs)) == (0, 1)
    assert sum(isinstance(event.fact, Noted) for event in town.log()) == 1
    town.close()


@dataclass(frozen=True)
class SlowlyLoaded(LeastLoaded):
    """Contracts out, while another runner may do so as well."""

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        while MEANWHILE:
            MEANWHILE.pop()()
        return super().then(timer, demand, context)


def test_what_another_runner_contracted_out_meanwhile_is_not_parked(kept_url: str) -> None:
    town = Town(kept_url, [SlowlyLoaded()])
    town.flow.accept(registered(town), by=AUDITOR)
    with town.opened() as other:
        MEANWHILE.append(lambda: theirs.extend(other.run_policies().reacted))
        theirs: list[Any] = []
        ours = town.flow.run_policies()
    assert (ours.reacted, ours.parked, len(theirs)) == ((), (), 1)
    assert not town.flow.parked()
    town.close()


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town(None)
    yield made
    made.close()


def test_a_policy_that_raises_parks_its_reaction_and_the_others_go_on(town: Town) -> None:
    good, bad, worse = registered(town), registered(town, "no answer"), registered(town, "no moment")
    town.flow.run_policies()
    reasons = {one.demand: one.reason for one in town.flow.parked()}
    assert reasons == {bad: "LookupError: no answer is known", worse: "LookupError: no moment is known"}
    assert [event.fact for event in town.flow.events(good)][1:] == [Noted(text="seen")]
    assert not town.flow.run_policies().parked  # not asked again
    town.flow.retry_parked(town.flow.parked())
    town.flow.run_policies()
    assert {one.demand for one in town.flow.parked()} == {bad, worse}
    town.flow.drop_parked(town.flow.parked())
    for demand in (bad, worse):
        town.flow.note(demand, "something else", by=CLERK)
    town.flow.retry_parked(town.flow.parked())
    assert not town.flow.run_policies().parked
    assert not town.flow.parked()
    with pytest.raises(InvalidValue, match="parked"):
        town.flow.drop_parked("all")  # type: ignore[arg-type]


def test_what_the_rules_refuse_is_parked_with_their_words(town: Town) -> None:
    town.flow.close()
    town.policies = (LeastLoaded(units=("Wang",)),)
    town.flow = town.opened()
    demand = registered(town)
    town.flow.accept(demand, by=AUDITOR)
    town.flow.run_policies()
    assert [one.reason for one in town.flow.parked()] == [
        "cannot contract_out: Wang audited this demand and cannot also handle it"
    ]
    assert town.flow.demand(demand).state == "accepted"


def test_work_is_spread_within_one_save(town: Town) -> None:
    for _ in range(9):
        town.flow.accept(registered(town), by=AUDITOR)
    town.flow.run_policies()
    assert Counter(row.contractor for row in town.flow.board().rows) == {"north": 3, "south": 3, "west": 3}


def test_reactions_say_who_why_and_after_what(town: Town) -> None:
    demand = registered(town)
    town.now += timedelta(days=3)
    town.flow.run_policies()
    notice, escalation = (e for e in town.flow.events(demand) if e.meta.actor.id == "overdue")
    assert notice.meta.actor == Actor("overdue", Role.POLICY)
    assert notice.meta.command_id == "~overdue: accept 2026-03-03T01:00Z"
    assert escalation.meta.command_id == "~overdue: accept 2026-03-03T01:00Z #2"
    assert notice.meta.causation == "event 2"
    assert notice.meta.happened == town.now


def test_notices_come_out_once_and_again_if_their_hook_fails(town: Town) -> None:
    for _ in range(3):
        registered(town)
    town.now += timedelta(days=3)
    got: list[Notice] = []

    def failing(notice: Notice) -> None:
        if len(got) == 1:
            raise ConnectionError("the line is dead")
        got.append(notice)

    with pytest.raises(ConnectionError):
        town.flow.run_policies(notify=failing)
    assert town.flow.deliver_notices(got.append) == 2
    assert len({one.id for one in got}) == 3
    assert town.flow.deliver_notices(got.append) == 0
    assert [notice for _, notice in town.flow.notices()] == got
    assert town.flow.deliver_notices(got.append, hook="another") == 3
    assert got[0].to == "supervisor"
    assert got[0].kind == "overdue"


def test_the_next_moment_is_that_of_the_agenda(town: Town) -> None:
    assert town.flow.next_moment() is None
    registered(town)
    town.flow.run_policies()
    assert town.flow.next_moment() == datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


def test_a_follower_acts_at_the_moment_and_stops_when_it_is_told(town: Town) -> None:
    demand, stop, seen = registered(town), Flag(), []

    def tell(ran: object) -> None:
        seen.append(str(ran))
        town.now += timedelta(days=3)
        if len(seen) == 2:
            stop.set()

    follower = Thread(target=follow, args=(town.flow, stop), kwargs={"every": timedelta(seconds=0.01), "tell": tell})
    follower.start()
    follower.join(timeout=30)
    assert not follower.is_alive()
    assert seen == ["2026-03-02 01:00 UTC: stumbling 1; 0 parked", "2026-03-05 01:00 UTC: overdue 1; 0 parked"]
    assert town.flow.demand(demand).escalated
    with pytest.raises(InvalidValue, match="every"):
        follow(town.flow, stop, every=timedelta(0))


@dataclass(frozen=True)
class Unending:
    """Reacts to its own reaction."""

    name: str = "unending"
    on: bool = True
    records: tuple[type[Fact], ...] = (Noted,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        if demand.last is not None:
            yield Timer(demand.last, f"event {demand.version}")

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        yield Reaction(Noted(text="again"))


def test_a_policy_that_goes_round_is_parked_and_does_not_run_for_ever(town: Town) -> None:
    town.flow.close()
    town.policies = (Unending(),)
    town.flow = town.opened()
    registered(town)
    ran = town.flow.run_policies()
    assert len(ran.reacted) == 100
    assert [one.reason for one in ran.parked] == [
        "unending: reacted 100 times to this demand in one run; it goes round"
    ]


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        (Overdue(), "must be several"),
        (["x"], "is no policy; it has no name"),
        ([Overdue], "make one of it: Overdue"),
        ([Overdue(on=1)], "on is True or False"),  # type: ignore[arg-type]
        ([Overdue(records=("x",))], "records is a tuple of classes of facts"),  # type: ignore[arg-type]
        ([Overdue(), Overdue()], "2 are named 'overdue'"),
        ([LeastLoaded(records=(Accepted,))], "records Accepted, which no move of timed@2 lets it do"),
    ],
)
def test_policies_that_cannot_act_are_told_when_they_are_given(policies: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        DemandFlow.open("memory:", workflows=[TIMED], policies=policies)


def test_a_policy_that_is_off_does_nothing(town: Town) -> None:
    town.flow.close()
    town.policies = (LeastLoaded(on=False, records=(Accepted,)),)
    town.flow = town.opened()
    town.flow.accept(registered(town), by=AUDITOR)
    assert not town.flow.run_policies().reacted


def test_a_run_in_the_future_is_refused(town: Town) -> None:
    with pytest.raises(InvalidValue, match="is in the future"):
        town.flow.run_policies(town.now + timedelta(hours=1))


def test_a_run_says_what_it_parked_and_the_next_one_does_not_say_it_again(town: Town) -> None:
    demand = registered(town, "no answer")
    ran = town.flow.run_policies()
    assert ran.parked == (ParkedReaction("stumbling", demand, "received", "LookupError: no answer is known", town.now),)
    assert str(ran) == "2026-03-02 01:00 UTC: none; 1 parked"
    assert str(town.flow.run_policies()) == "2026-03-02 01:00 UTC: none; 0 parked"


def test_what_somebody_writes_while_a_policy_is_asked_is_asked_about_anew(town: Town) -> None:
    """A line that was noted anew meanwhile is not put aside by an answer to the old one."""
    demand = registered(town)
    town.flow.next_moment()
    (line,) = (one for one in town.flow._agenda.due(town.now) if one.policy == "quiet")
    town.flow.note(demand, "changed", by=CLERK)
    town.flow.next_moment()  # another follower catches up
    town.flow._agenda.acknowledge([line], [])
    assert any(one.policy == "quiet" for one in town.flow._agenda.due(town.now))


def test_a_setup_is_the_same_in_every_process_and_another_for_other_numbers() -> None:
    code = (
        "from datetime import date;"
        "from demandflow import Calendar, Days, closed_loop, standard_clocks;"
        "from demandflow.policies import standard_policies;"
        "from demandflow.policies.setup import setup_of;"
        "days = Days([2026], closed=[date(2026, 10, day) for day in range(1, 8)]);"
        "office = Calendar.of('o', zone='UTC', hours='Mon-Fri 09:00-17:00', days=days);"
        "loop = closed_loop('t', clocks=standard_clocks(office), bound=BOUND);"
        "print(setup_of(standard_policies(office), {loop.key: loop}))"
    )
    said = [
        subprocess.run([sys.executable, "-c", code.replace("BOUND", bound)], capture_output=True, check=True, text=True)
        for bound in ("3", "3", "4")
    ]
    one, same, other = (done.stdout for done in said)
    assert one == same != other
    assert setup_of([NoDataclass()], {}) == setup_of([NoDataclass()], {})


class NoDataclass:
    """A policy that says nothing of itself."""

    name, on, records = "plain", True, (Noted,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Timer]:
        yield from ()

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Reaction]:
        yield from ()


def test_only_the_last_setups_keep_an_agenda(tmp_path: Path) -> None:
    town = Town(tmp_path)
    registered(town)
    for number in range(8):
        town.flow.close()
        town.policies = (LeastLoaded(units=(f"unit {number}",)), Stumbling())
        town.flow = town.opened()
        town.flow.run_policies()
    tables = town.flow._agenda.tables.connection
    assert tables.execute("SELECT COUNT(*) FROM demandflow_cursors WHERE reader LIKE 'policies %'").fetchone() == (4,)
    town.close()


def test_contention_makes_saves_smaller_and_counts_nothing_twice(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(8):
        registered(town)
    sizes: list[int] = []
    append = PendingLog.__exit__

    def overtaken(self: PendingLog, kind: type[BaseException] | None, *rest: object) -> None:
        sizes.append(len(self.pending))
        if len(sizes) < 30 and kind is None and len(self.pending) > 1:
            raise VersionTaken("somebody was faster")
        append(self, kind, *rest)

    monkeypatch.setattr(PendingLog, "__exit__", overtaken)
    ran = town.flow.run_policies()
    assert len(ran.reacted) == 8
    assert not ran.parked
    assert sizes[:2] == [8, 8]
    assert 1 in sizes


def test_two_followers_do_not_give_the_same_notice(tmp_path: Path) -> None:
    town = Town(tmp_path)
    for _ in range(10):
        registered(town)
    town.now += timedelta(days=3)
    town.flow.run_policies()
    got: list[str] = []
    with DemandFlow.open(town.url, workflows=[TIMED], clock=lambda: town.now, policies=POLICIES) as other:

        def notify(notice: Notice) -> None:
            got.append(notice.id)
            assert other.deliver_notices(lambda one: got.append(one.id)) == 0  # somebody is telling already

        assert town.flow.deliver_notices(notify) == 10
        assert other.deliver_notices(notify) == 0
        town.flow._deliveries.begin("notices", town.now)  # killed while it was telling
        registered(town)
        town.now += timedelta(days=3)
        town.flow.run_policies()
        assert other.deliver_notices(lambda one: got.append(one.id)) == 1
    assert len(got) == len(set(got)) == 11
    town.close()


def test_a_rebuild_asks_again_what_was_silent_and_repeats_nothing(town: Town) -> None:
    demand = registered(town)
    town.flow.run_policies()
    before = len(town.log())
    town.flow.rebuild()
    assert not town.flow.run_policies().reacted
    assert len(town.log()) == before
    assert town.flow.demand(demand).open


def test_a_log_that_was_put_back_is_read_anew(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.flow.accept(registered(town), by=AUDITOR)
    town.flow.run_policies()
    town.flow._agenda.tables.connection.execute("UPDATE demandflow_cursors SET last = 99, version = 7")
    town.flow.accept(registered(town), by=AUDITOR)
    assert town.flow.run_policies().reacted
    town.close()


@dataclass(frozen=True)
class Odd:
    """Answers with what is no answer."""

    timer: Any
    answer: Any = None
    name: str = "odd"
    on: bool = True
    records: tuple[type[Fact], ...] = (Noted,)

    def timers(self, demand: Demand, workflow: Workflow) -> Iterator[Any]:
        yield from self.timer(demand)

    def then(self, timer: Timer, demand: Demand, context: PolicyContext) -> Iterator[Any]:
        yield self.answer


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Odd(lambda demand: ["now"]), "timers must be Timers, got 'now'"),
        (Odd(lambda demand: [Timer("now", "x")]), "timer: must be a datetime"),  # type: ignore[arg-type]
        (Odd(lambda demand: [Timer(BEGAN.replace(tzinfo=None), "x")]), "has no time zone"),
        (Odd(lambda demand: [Timer(BEGAN, "")]), "cause"),
        (Odd(lambda demand: [Timer(BEGAN, "x"), Timer(BEGAN + timedelta(1), "x")]), "a cause names one"),
        (Odd(lambda demand: [Timer(BEGAN, "x")], Noted(text="bare")), "proposes Reactions, got Noted"),
    ],
)
def test_what_is_no_answer_is_parked_and_the_others_go_on(policy: Any, says: str) -> None:
    town = Town(None, (policy, Stumbling()))
    demand = registered(town)
    (parked,) = town.flow.run_policies().parked
    assert says in parked.reason
    assert len(town.flow.events(demand)) == 2, "the other policy acted"
    assert town.flow.next_moment() is None
    town.close()


def test_a_hook_that_fails_does_not_end_the_follower(town: Town) -> None:
    registered(town)
    town.now += timedelta(days=3)
    stop, said, got = Flag(), list[str](), list[Notice]()

    def notify(notice: Notice) -> None:
        if len(said) < 2:
            raise OSError("the line is dead")
        got.append(notice)
        stop.set()

    follow(town.flow, stop, every=timedelta(seconds=0.01), notify=notify, tell=lambda what: said.append(str(what)))
    assert "the line is dead" in said
    assert len(got) == 1
