"""From a command to the log: once, checked, and with a clear word when it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from demandflow import (
    CLOSED_LOOP,
    START,
    STAY,
    Actor,
    CommandConflict,
    DemandFlow,
    DemandNotFound,
    Event,
    FeedbackMethod,
    Grade,
    InvalidValue,
    Move,
    MoveNotAllowed,
    RoleNotAllowed,
    RuleBroken,
    Stage,
    StaleDemand,
    State,
    StorageBusy,
    StorageError,
    Urgency,
    Workflow,
    closed_loop,
    rules,
)
from demandflow.commands import Commands
from demandflow.domain.demand import as_if
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import UnknownWorkflow
from demandflow.facts import ContractedOut, LetGo, Merged, Noted, Registered, Reported, Stepped, TookIn
from demandflow.recording.handling import CommandHandler
from demandflow.recording.moments import Moments
from demandflow.store.log import Log, VersionTaken
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR, CLERK, DAY, DISPATCHER, OTHER_CLERK, RESIDENT, SUPERVISOR, T0, TEAM

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}


def test_every_method_records_its_fact(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("路灯坏了", **PLACED, category="住房", due=T0 + 9 * DAY).id
    other = flow.register("dark", **PLACED).id
    flow.sort(demand, category="住房/维修", place="fufeng/c2", urgency=Urgency.URGENT, by=AUDITOR)
    flow.ask_details(demand, "which?", by=CLERK)
    flow.give_details(demand, "the third", by=RESIDENT)
    flow.ask_details(demand, "which?", by=CLERK)
    flow.no_answer(demand, by=CLERK)
    flow.merge(other, into=demand, by=AUDITOR)
    flow.unmerge(other, "another lamp", by=AUDITOR)
    flow.refuse(demand, "x", "no", by=AUDITOR)
    flow.appeal(demand, "but yes", by=RESIDENT)
    flow.accept(demand, "ours", by=AUDITOR)
    flow.contract_out(demand, "power company", by=DISPATCHER)
    flow.recall(demand, "repair team", co_handlers=("he",), by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.ask_extension(demand, clock.now + 30 * DAY, "frost", by=TEAM)
    flow.extend(demand, clock.now + 30 * DAY, by=DISPATCHER)
    flow.suspend(demand, "frost", review=clock.now + DAY, by=TEAM)
    flow.resume(demand, by=TEAM)
    flow.hand_back(demand, "too high", by=TEAM)
    flow.contract_out(demand, "repair team", reason="a ladder was found", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.report(demand, "done", by=TEAM)
    flow.feed_back(demand, FeedbackMethod.VISIT, by=CLERK)
    assert flow.to_be_told(demand) == ()
    flow.miss_callback(demand, by=CLERK)
    flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, written_by="li", by=RESIDENT)
    flow.reopen(demand, "dark again", by=RESIDENT)
    flow.withdraw(demand, by=RESIDENT)
    flow.note(demand, "they moved", by=CLERK)
    flow.correct(demand, 1, "typo", channel="counter", by=AUDITOR)
    flow.escalate(other, "slow", by=SUPERVISOR)
    flow.notify(other, "auditor", "slow", "it has waited long", by=SUPERVISOR)
    flow.answer(other, "the lamp works", by=CLERK)
    anonymous = flow.register("x", channel="wish_box", place="f", by=CLERK).id
    flow.answer(anonymous, "so", by=CLERK)
    flow.feed_back(anonymous, FeedbackMethod.PUBLIC_NOTICE, by=CLERK)
    clock.advance(days=7)
    flow.end_notice(anonymous, by=OTHER_CLERK)

    no_methods = {"act", "start", "stream", "events", "id_of"}
    methods = {name for name in vars(Commands) if not name.startswith("_")} - no_methods
    methods -= {"would", "would_start", "to_be_told"}
    methods.remove("migrate")  # see test_moving.py: it needs another workflow
    moves = {line.move for one in (demand, other, anonymous) for line in flow.history(one)}
    assert moves == methods | {"take_in", "let_go"} == {move.name for move in CLOSED_LOOP.moves} - {"move_over"}
    assert flow.demand(demand).channel == "counter"


def test_registering_what_another_system_keeps_is_done_once(flow: DemandFlow, clock: FrozenClock) -> None:
    again = {**PLACED, "source": "12345", "reference": "7"}
    first = flow.register("路灯坏了", **again)
    flow.accept(first.id, by=AUDITOR)
    clock.advance(days=1)
    chen: Any = {**again, "by": Actor("chen", "grid_administrator")}
    assert flow.register("路灯坏了", **chen) == first, "whoever brings it again"
    assert flow.register("路灯坏了", **chen, command_id="import 2") == first
    assert flow.demand(first.id).version == 2
    with pytest.raises(CommandConflict, match=r"another content \(text\)"):
        flow.register("路灯又坏了", **again)
    with pytest.raises(CommandConflict, match=r"\(at\)"):
        flow.register("路灯坏了", **again, at=T0 - DAY)
    assert flow.figures().count("received") == 1
    with pytest.raises(InvalidValue, match="go together"):
        flow.register("x", **PLACED, source="12345")


def test_registering_a_reference_on_another_workflow_is_not_dropped(clock: FrozenClock) -> None:
    strict = closed_loop("strict-loop")
    with DemandFlow.open("memory:", workflows=(CLOSED_LOOP, strict), clock=clock) as flow:
        again = {**PLACED, "source": "12345", "reference": "7"}
        first = flow.register("x", **again)
        assert flow.register("x", **again, workflow="closed-loop@2") == first
        with pytest.raises(CommandConflict, match=r"\(workflow\)"):
            flow.register("x", **again, workflow="strict-loop@2")


def test_a_resident_who_names_nobody_asks_for_themselves(flow: DemandFlow) -> None:
    asked: Any = {"channel": "wechat_group", "place": "f"}
    assert flow.register("x", **asked, by=RESIDENT).resident == RESIDENT.id
    assert flow.register("x", **asked, by=CLERK).anonymous
    composed, decomposed = "Zo\u00e9", "Zoe\u0301"
    demand = flow.register("x", **asked, resident=decomposed, by=CLERK).id
    assert flow.withdraw(demand, by=Actor(composed, "resident")).state == "withdrawn", "one name, two spellings"
    with pytest.raises(InvalidValue, match=r"resident: .* has the control character"):
        flow.register("x", **asked, resident="a\nb", by=CLERK)


def test_nothing_is_taken_for_something_else(flow: DemandFlow) -> None:
    demand = flow.register("x", **PLACED).id
    wrong: dict[str, Any] = {
        "text: .* got b'x'": lambda: flow.register(b"x", **PLACED),
        "event: .* got '1'": lambda: flow.correct(demand, "1", "typo", place="f", by=AUDITOR),  # type: ignore[arg-type]
        "resolved: .* got 'no'": lambda: flow.answer(demand, "x", resolved="no", by=CLERK),  # type: ignore[arg-type]
        "has no keyword categroy": lambda: flow.accept(demand, by=AUDITOR, categroy="x"),  # type: ignore[call-arg]
        "by=Actor": lambda: flow.accept(demand),  # type: ignore[call-arg]
        "give its id": lambda: flow.accept(flow.demand(demand), by=AUDITOR),  # type: ignore[arg-type]
        "possible_moves|must be an Actor": lambda: flow.possible_moves(demand, by="x"),  # type: ignore[arg-type]
    }
    for says, use in wrong.items():
        with pytest.raises(InvalidValue, match=says):
            use()
    assert flow.demand(demand).version == 1


def test_a_history_has_one_line_an_event(flow: DemandFlow) -> None:
    demand = flow.register("line 1\n  9  2026-01-01 00:00  Wang (auditor) accept → accepted", **PLACED).id
    (line,) = flow.history(demand)
    assert "line 1 ⏎   9  2026" in str(line)
    assert str(line).isprintable()


def test_a_command_id_makes_a_command_harmless_to_repeat(flow: DemandFlow) -> None:
    demand = flow.register("x", **PLACED, command_id="r-1")
    assert flow.register("x", **PLACED, command_id="r-1") == demand
    accepted = flow.accept(demand.id, "ours", by=AUDITOR, command_id="a-1")
    flow.contract_out(demand.id, "repair team", by=DISPATCHER)
    assert flow.accept(demand.id, "ours", by=AUDITOR, command_id="a-1") == accepted, "the same result as then"
    assert flow.demand(demand.id).version == 3
    changes: dict[Callable[[], object], str] = {
        lambda: flow.accept(demand.id, "theirs", by=AUDITOR, command_id="a-1"): r"\(note\)",
        lambda: flow.accept(demand.id, "ours", by=Actor("sun", "auditor"), command_id="a-1"): r"\(by\)",
        lambda: flow.note(demand.id, "ours", by=AUDITOR, command_id="a-1"): r"\(fact, note, text, move\)",
        lambda: flow.accept(demand.id, "ours", by=AUDITOR, command_id="a-1", at=T0 - DAY): r"\(at\)",
        lambda: flow.register("y", **PLACED, command_id="r-1"): r"\(text\)",
    }
    for change, says in changes.items():
        with pytest.raises(CommandConflict, match=says):
            change()
    assert flow.demand(demand.id).version == 3


def test_who_decided_on_what_they_saw_is_told_if_it_changed(flow: DemandFlow) -> None:
    seen = flow.register("x", **PLACED)
    flow.note(seen.id, "a dog", by=CLERK)
    flow.sort(seen.id, category="c", by=AUDITOR, seen=seen)
    flow.accept(seen.id, by=AUDITOR, seen=seen)
    with pytest.raises(StaleDemand, match="you saw registered in round 1, now it is accepted in round 1; look again"):
        flow.withdraw(seen.id, by=RESIDENT, seen=seen)
    assert flow.demand(seen.id).state == "accepted"
    given = flow.contract_out(seen.id, "repair team", by=DISPATCHER)
    flow.recall(seen.id, "power company", by=DISPATCHER)
    with pytest.raises(StaleDemand) as overtaken:
        flow.recall(seen.id, "third company", by=DISPATCHER, seen=given)
    assert "you saw contracted_out with repair team in round 1, now it is contracted_out with power" in str(
        overtaken.value
    )
    assert overtaken.value.meanwhile == ("zhao (dispatcher) recall → contracted_out",)
    with pytest.raises(InvalidValue, match="seen: is demand"):
        flow.note(flow.register("y", **PLACED).id, "x", by=CLERK, seen=seen)


def test_merging_writes_both_sides_and_unmerging_takes_both_back(flow: DemandFlow, clock: FrozenClock) -> None:
    target, first, second = (flow.register("dark", **PLACED).id for _ in range(3))
    flow.merge(first, into=second, by=AUDITOR)
    flow.merge(second, into=target, by=AUDITOR)
    assert flow.demand(target).took_in == (second,)
    assert flow.demand(second).merged_into == target
    flow.answer(target, "a new lamp", by=CLERK)
    flow.feed_back(target, FeedbackMethod.CALL, by=CLERK)
    assert [one.id for one in flow.to_be_told(target)] == [second, first], "those merged into the merged as well"

    wrongs: dict[Callable[[], object], str] = {
        lambda: flow.merge(target, into=target, by=AUDITOR): "cannot merge",
        lambda: flow.merge(first, into=target, by=AUDITOR): "cannot merge a demand that is merged",
    }
    for wrong, says in wrongs.items():
        with pytest.raises((RuleBroken, MoveNotAllowed), match=says):
            wrong()
    with pytest.raises(DemandNotFound):
        flow.merge(flow.register("x", **PLACED).id, into=uuid4(), by=AUDITOR)

    before = clock.now
    clock.advance(days=1)
    flow.unmerge(second, "another street", by=AUDITOR)
    assert (flow.demand(second).state, flow.demand(second).merged_into) == ("registered", None)
    assert flow.demand(target).took_in == ()
    assert flow.demand(target).last == before + DAY, "the other side happened at the same moment"


def test_a_merge_that_crosses_another_makes_no_cycle(flow: DemandFlow) -> None:
    one, two = (flow.register("dark", **PLACED).id for _ in range(2))
    flow.merge(one, into=two, by=AUDITOR)
    with pytest.raises(RuleBroken, match="is not open"):
        flow.merge(two, into=one, by=AUDITOR)
    with pytest.raises(RuleBroken, match="un-merge first"):
        flow.withdraw(two, by=RESIDENT)


@pytest.mark.parametrize(("move", "fact"), [("take_in", TookIn), ("let_go", LetGo)])
def test_the_other_side_is_never_recorded_by_itself(flow: DemandFlow, move: str, fact: Any) -> None:
    demand = flow.register("x", **PLACED).id
    with pytest.raises(InvalidValue, match="is the other side of"):
        flow.act(demand, move, fact(demand=UUID(int=1)), by=AUDITOR)
    assert move not in {possible.name for possible in flow.possible_moves(demand)}


def test_desks_with_skewed_clocks_do_not_refuse_each_other(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("x", **PLACED).id
    clock.advance(seconds=-90)
    accepted = flow.accept(demand, by=AUDITOR)
    assert accepted.last == T0, "never before what came before it"
    with pytest.raises(RuleBroken, match="is earlier than what last happened"):
        flow.contract_out(demand, "repair team", by=DISPATCHER, at=T0 - timedelta(seconds=1))


def test_desks_with_skewed_clocks_merge_as_well(flow: DemandFlow, clock: FrozenClock) -> None:
    early = flow.register("x", **PLACED).id
    clock.advance(minutes=10)
    late = flow.register("y", **PLACED).id
    clock.advance(minutes=-10)
    assert flow.merge(early, into=late, by=AUDITOR).last == T0 + timedelta(minutes=10)


def test_everyone_merged_is_told_however_many(flow: DemandFlow) -> None:
    target = last = flow.register("dark", **PLACED).id
    chain = []
    for _ in range(60):
        chain.append(flow.register("dark", **PLACED).id)
    for one, into in zip(reversed(chain), [*reversed(chain[:-1]), last], strict=True):
        flow.merge(one, into=into, by=AUDITOR)
    flow.answer(target, "so", by=CLERK)
    flow.feed_back(target, FeedbackMethod.CALL, by=CLERK)
    assert [one.id for one in flow.to_be_told(target)] == chain


def test_a_batch_that_is_over_records_nothing_more(flow: DemandFlow) -> None:
    demand = flow.register("x", **PLACED).id
    with flow.batch() as batch:
        batch.note(demand, "in time", by=CLERK)
    with pytest.raises(StorageError, match="this batch is over"):
        batch.note(demand, "late", by=CLERK)
    with pytest.raises(StorageError, match="this batch is over"):
        batch.register("late", **PLACED)
    assert flow.demand(demand).version == 2


def test_who_worked_on_it_does_not_evaluate_it(flow: DemandFlow, clock: FrozenClock) -> None:
    bob = Actor("bob", "contractor", "repair team")
    demand = flow.register("x", **{**PLACED, "resident": "bob"}).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, "repair team", by=DISPATCHER)
    flow.take_on(demand, by=TEAM)
    flow.ask_extension(demand, clock.now + DAY, "frost", by=bob)
    flow.report(demand, "done", by=TEAM)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    with pytest.raises(RuleBroken, match="bob handled this demand"):
        flow.evaluate(demand, resolved=True, grade=Grade.VERY_SATISFIED, by=Actor("bob", "resident"))
    flow.note(demand, "seen", by=Actor("he", "grid_administrator", "repair team"))
    assert flow.demand(demand).handlers == {"repair team", "chen", "bob"}, "who only noted something is none"


def test_a_corrected_name_handled_it_and_the_mistyped_one_did_not(flow: DemandFlow) -> None:
    team = Actor("chen", "contractor", "civil affairs")
    demand = flow.register("x", **PLACED).id
    flow.accept(demand, by=AUDITOR)
    flow.contract_out(demand, RESIDENT.id, by=DISPATCHER)
    flow.correct(demand, 3, "the wrong line", contractor="civil affairs", by=AUDITOR)
    flow.take_on(demand, by=team)
    flow.report(demand, "done", by=team)
    flow.feed_back(demand, FeedbackMethod.CALL, by=CLERK)
    flow.evaluate(demand, resolved=False, grade=Grade.DISSATISFIED, by=RESIDENT)
    assert flow.demand(demand).handlers == {"civil affairs", "chen"}
    with pytest.raises(RuleBroken, match="张三 evaluated this demand"):
        flow.correct(demand, 3, "no, he", contractor=RESIDENT.id, by=AUDITOR)


def test_words_and_lists_are_welcome_where_they_say_what_is_meant(flow: DemandFlow) -> None:
    words: Any = {"urgency": "urgent", "shared_with": ["李四"]}
    demand = flow.register("x", **PLACED, **words)
    assert (demand.urgency, demand.shared_with) == (Urgency.URGENT, ("李四",))
    flow.answer(demand.id, "so", by=CLERK)
    flow.feed_back(demand.id, "call", by=CLERK)
    with pytest.raises(InvalidValue, match="possible: very_satisfied, satisfied"):
        flow.evaluate(demand.id, resolved=True, grade="happy", by=RESIDENT)
    done = flow.evaluate(demand.id, resolved=True, grade="satisfied", by=RESIDENT)
    assert done.grade == Grade.SATISFIED


def test_the_work_can_go_back_to_its_contractor_in_a_workflow_of_another_shape(clock: FrozenClock) -> None:
    own_work = (rules.a_contractor_acts_on_their_own_work,)
    inspected = Workflow(
        "inspected",
        1,
        states=[
            State("work", Stage.FEEDBACK, owner="contractor"),
            State("inspection", Stage.FEEDBACK, owner="clerk"),
            State("done", Stage.ENDED, ended_as="closed"),
        ],
        moves=[
            Move("file", Registered, START, "work", by="clerk"),
            Move("give", ContractedOut, "work", STAY, by="clerk", means="contracted_out"),
            Move("report", Reported, "work", "inspection", by="contractor", means="reported", rules=own_work),
            Move("reject", Stepped, "inspection", "work", by="clerk"),
            Move("finish", Noted, "inspection", "done", by="clerk"),
        ],
        tells_nobody=True,
    )
    clerk, report = Actor("li", "clerk"), Reported(resolved=True, words="done")
    with DemandFlow.open("memory:", workflows=(inspected,), clock=clock) as flow:
        demand = flow.register("x", **{**PLACED, "by": clerk}).id
        flow.act(demand, "give", ContractedOut(contractor="repair team"), by=clerk)
        for _ in range(2):
            assert flow.work_list(contractor="repair team", total=True).total == 1
            flow.act(demand, "report", report, by=TEAM)
            assert flow.work_list(contractor="repair team", total=True).total == 0
            flow.act(demand, "reject", Stepped(), by=clerk)


def test_a_demand_is_not_merged_into_itself_by_any_workflow(clock: FrozenClock) -> None:
    lax = Workflow(
        "lax",
        1,
        states=[State("open", Stage.AUDIT, owner="clerk"), State("merged", Stage.ENDED, ended_as="merged")],
        moves=[
            Move("file", Registered, START, "open", by="clerk"),
            Move("merge", Merged, "open", "merged", by="clerk"),
            Move("take_in", TookIn, "open", STAY, by="clerk"),
        ],
    )
    clerk = Actor("li", "clerk")
    with DemandFlow.open("memory:", workflows=(lax,), clock=clock) as flow:
        demand = flow.register("x", **{**PLACED, "by": clerk}).id
        with pytest.raises(InvalidValue, match="into itself"):
            flow.merge(demand, into=demand, by=clerk)


def test_nothing_is_recorded_before_it_happens(flow: DemandFlow, clock: FrozenClock) -> None:
    demand = flow.register("x", **PLACED).id
    for at in (T0 + DAY, T0.replace(year=2062)):
        with pytest.raises(InvalidValue, match="is in the future"):
            flow.accept(demand, by=AUDITOR, at=at)
    flow.accept(demand, by=AUDITOR, at=T0 + timedelta(minutes=4))
    with pytest.raises(InvalidValue, match="has no time zone"):
        flow.note(demand, "x", by=CLERK, at=T0.replace(tzinfo=None))
    assert flow.demand(demand).version == 2


def test_a_batch_is_recorded_whole_or_not_at_all(flow: DemandFlow) -> None:
    with flow.batch() as batch:
        demand = batch.register("x", **PLACED).id
        batch.accept(demand, by=AUDITOR, command_id="a")
        assert batch.accept(demand, by=AUDITOR, command_id="a").version == 2
        with pytest.raises(DemandNotFound):
            flow.demand(demand)
    assert flow.demand(demand).state == "accepted"
    with pytest.raises(RoleNotAllowed), flow.batch() as batch:  # noqa: PT012
        batch.note(demand, "written", by=CLERK)
        batch.contract_out(demand, "repair team", by=CLERK)
    assert flow.demand(demand).version == 2
    with pytest.raises(StaleDemand, match="somebody else wrote"), flow.batch() as batch:  # noqa: PT012
        batch.note(demand, "a", by=CLERK)
        flow.note(demand, "b", by=CLERK)
    assert [line.said for line in flow.history(demand)][2:] == ["text: b"]


def test_a_demand_stays_on_its_workflow(tmp_path: Path) -> None:
    strict = closed_loop("strict-loop", bound=1)
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url, workflows=(CLOSED_LOOP, strict)) as flow:
        usual = flow.register("x", **PLACED).id
        other = flow.register("y", **PLACED, workflow="strict-loop@2").id
        assert {flow.demand(usual).workflow, flow.demand(other).workflow} == {"closed-loop@2", "strict-loop@2"}
        assert set(flow.figures_by("workflow")) == {"closed-loop@2", "strict-loop@2"}
        with pytest.raises(UnknownWorkflow, match="given: closed-loop@2, strict-loop@2"):
            flow.register("z", **PLACED, workflow="loose-loop@2")
    with DemandFlow.open(url) as flow:
        assert flow.accept(usual, by=AUDITOR).state == "accepted"
        with pytest.raises(UnknownWorkflow, match="strict-loop@2"):
            flow.accept(other, by=AUDITOR)


def test_what_is_not_there_is_said_to_be_not_there(flow: DemandFlow) -> None:
    nowhere = uuid4()
    for read in (flow.demand, flow.history, flow.possible_moves, lambda one: flow.accept(one, by=AUDITOR)):
        with pytest.raises(DemandNotFound, match=f"no demand {nowhere} in this log") as caught:
            read(nowhere)
        assert isinstance(caught.value, LookupError)
    with pytest.raises(InvalidValue, match="not the id of a demand"):
        flow.demand("路灯")  # type: ignore[arg-type]
    demand = flow.register("x", **PLACED)
    assert flow.demand(str(demand.id)) == demand  # type: ignore[arg-type]


LOOPS = Workflows({CLOSED_LOOP.key: CLOSED_LOOP})


class Stubborn(Log):
    """A log on which writing goes wrong in ways that a database can."""

    def __init__(self) -> None:
        super().__init__("memory:", STANDARD_FACTS)
        self.trouble: str | None = None

    def append(self, events: Any) -> None:
        if self.trouble == "stored, and the connection lost":
            super().append(events)
        if self.trouble is not None:
            self.trouble = None if self.trouble != "always" else self.trouble
            raise VersionTaken("taken")
        super().append(events)


def test_what_was_stored_though_the_connection_broke_is_no_conflict(clock: FrozenClock) -> None:
    log = Stubborn()
    handler = CommandHandler(log, LOOPS, Moments(clock))
    with DemandFlow(log, LOOPS, None, clock, uuid4) as flow:
        demand = flow.register("x", **PLACED).id
        log.trouble = "stored, and the connection lost"
        assert flow.accept(demand, by=AUDITOR, command_id="a").version == 2
        log.trouble = "stored, and the connection lost"
        assert flow.register("y", **PLACED).version == 1
        assert log.last_position() == 3
        log.trouble = "always"
        with pytest.raises(StorageError, match="though nobody else wrote it"):
            flow.note(demand, "x", by=CLERK)
        with pytest.raises(StorageError, match="is in the log already"):
            flow.register("x", **PLACED)
        log.trouble = None
        assert handler.demands.current(demand).version == 2
        events: list[Event] = log.events(demand)
        assert [event.version for event in events] == [1, 2]


class Crowded(Log):
    """A log on which somebody else is always faster."""

    def __init__(self) -> None:
        super().__init__("memory:", STANDARD_FACTS)
        self.crowded = False

    def append(self, events: Any) -> None:
        if self.crowded:
            first = events[0]
            super().append([as_if(first, fact=Noted(text="faster"), stamp=as_if(first.stamp, move="note"))])
        super().append(events)


def test_who_is_always_too_late_gives_up_with_a_word(clock: FrozenClock) -> None:
    log = Crowded()
    with DemandFlow(log, LOOPS, None, clock, uuid4) as flow:
        demand = flow.register("x", **PLACED).id
        log.crowded = True
        with pytest.raises(StorageBusy, match="gave up after 50 times"):
            flow.note(demand, "x", by=CLERK)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"by": "li"}, "by: must be an Actor"),
        ({"by": CLERK, "command_id": 7}, "command_id: must be a text"),
        ({"by": CLERK, "command_id": ""}, "command_id: '' is empty"),
        ({"by": CLERK, "correlation": "a\x00"}, "correlation: .* has the control character"),
        ({"by": CLERK, "seen": "3"}, "seen: must be a Demand as the caller saw it, or its version"),
        ({"by": CLERK, "at": "today"}, "at: must be a datetime"),
    ],
)
def test_circumstances_are_checked(flow: DemandFlow, how: Any, says: str) -> None:
    demand = flow.register("x", **PLACED).id
    with pytest.raises(InvalidValue, match=says):
        flow.note(demand, "x", **how)
    with pytest.raises(InvalidValue, match="fact: must be a fact"):
        flow.act(demand, "note", "x", by=CLERK)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="starts with Registered"):
        flow.start(Noted(text="x"), by=CLERK)
    assert flow.demand(demand).version == 1


def test_in_a_small_community_one_person_is_clerk_auditor_and_dispatcher(flow: DemandFlow, clock: FrozenClock) -> None:
    def sun(role: str) -> Actor:
        return Actor("sun", role)

    demand = flow.register("x", **{**PLACED, "by": sun("grid_administrator")}).id
    flow.accept(demand, by=sun("auditor"))
    flow.contract_out(demand, "repair team", by=sun("dispatcher"))
    flow.take_on(demand, by=TEAM)
    flow.suspend(demand, "frost", review=clock.now + DAY, by=sun("dispatcher"))
    flow.resume(demand, by=sun("dispatcher"))
    flow.recall(demand, "power company", by=sun("dispatcher"))
    electrician = Actor("he", "contractor", "power company")
    flow.take_on(demand, by=electrician)
    flow.report(demand, "done", by=electrician)
    flow.feed_back(demand, FeedbackMethod.CALL, by=sun("grid_administrator"))
    evaluated = flow.evaluate(demand, resolved=True, grade=Grade.SATISFIED, written_by="sun", by=RESIDENT)
    assert evaluated.state == "closed"


@pytest.mark.parametrize("keep", [0, 1, 10_000])
def test_however_many_states_are_kept_the_same_is_recorded(keep: int) -> None:
    clock = FrozenClock()
    with DemandFlow.open("memory:", clock=clock, keep=keep) as flow:
        lamp, tree = (flow.register(text, **PLACED).id for text in ("a dark lamp", "a tree"))
        for demand in (lamp, tree, lamp):
            flow.note(demand, "seen", by=CLERK)
        assert (flow.demand(lamp).version, flow.demand(tree).version) == (3, 2)
    for wrong in (-1, True, None, "many"):
        with pytest.raises(InvalidValue, match=r"^keep: must be a whole number from 0"):
            DemandFlow.open("memory:", keep=wrong)  # type: ignore[arg-type]
