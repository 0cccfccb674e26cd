"""Playing operations on a real DemandFlow, and holding all that it answers and records against the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.batches import Recorded
from demandflow.commands import Commands
from demandflow.domain.demand import as_if
from demandflow.domain.facts import MovedOver
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.errors import DemandFlowError
from demandflow.store.following import cursor
from demandflow.testing.clock import calendars_may_end
from demandflow.testing.differs import Differs
from demandflow.testing.drawing.asking import CALLED
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.answers import QUESTIONS
from demandflow.testing.model.policies import Policies
from demandflow.testing.model.step import Expected, Step, demand_id
from demandflow.testing.model.table import Unanswered
from demandflow.testing.model.world import World
from demandflow.testing.operations import (
    ACT,
    BATCH,
    BROKEN,
    ENTERED,
    INTERRUPTED,
    METHOD,
    RACED,
    UNRECORDED,
    WOULD,
    Ask,
    Batch,
    Operation,
    RunPolicies,
    Upset,
    moving_over,
    possible,
)
from demandflow.testing.playing.agreeing import same_answer, well_said
from demandflow.testing.playing.commanding import answers_of, asked, command, what
from demandflow.testing.playing.comparing import Comparing, Done
from demandflow.testing.playing.odd import refuse_odd
from demandflow.testing.playing.places import place
from demandflow.testing.playing.racing import race, raced, written_before
from demandflow.testing.playing.running import run_policies
from demandflow.testing.playing.upsets import Upsets

NOT_MADE = UUID(int=0)
"""The id of what would begin, and follows from nothing."""


class Interruption(BaseException):
    """What breaks a batch off, or a command."""


class Player(Upsets, Comparing):
    """Plays one operation after the other; each raises Differs where the engine does not do what the model says."""

    def __init__(
        self,
        workflow: Workflow,
        environment: Environment = PLAIN,
        *,
        open: Callable[..., DemandFlow] = DemandFlow.open,  # noqa: A002
        url: str | None = None,
    ) -> None:
        self.environment, self._open = environment, open
        self.world = World(workflow, environment)
        self.model = Policies(self.world, environment.policies) if environment.policies else None
        self.done: list[Done] = []
        self._next_ids, self._interrupted, self._dry = [demand_id(1)], False, False
        self._position = self._checked = 0
        self._closing = ExitStack()
        self._closing.enter_context(patch.object(cursor, "PAGE", environment.page))
        if environment.file:
            self._place = self._closing.enter_context(closing(place(url)))
            url = self._place.url
        self.url = url or "memory:"
        self.flows: list[DemandFlow] = []
        try:
            self.flows += [self.opened() for _ in range(environment.openers)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close what was opened."""
        for flow in self.flows:
            flow.close()
        self._closing.close()

    def do(self, operation: Operation) -> None:
        """Do it. Raises Differs; Unanswered, if a rule of the workflow raises."""
        flow = self.flows[operation.opener % len(self.flows)]
        try:
            self._do(operation, flow)
        except (AssertionError, Unanswered):
            raise
        except Exception as error:
            raise Differs(f"{type(operation).__name__} fails", error, "no failure") from error

    def _do(self, operation: Operation, flow: DemandFlow) -> None:
        before = len(self.world.log)
        match operation:
            case Step() if operation.late and operation.way != ENTERED:
                self._batch(Batch((operation,), BROKEN if operation.way in UNRECORDED else BATCH, True), flow)
            case Step():
                self._step(operation, flow)
            case Batch():
                self._batch(operation, flow)
            case Ask():
                self._ask(operation, flow)
            case RunPolicies() if self.model is not None:
                run_policies(operation, flow, self.model)
                self._same_log("what the policies recorded")
            case Upset():
                self.upset(operation, flow)
            case _:
                pass
        wrote = isinstance(operation, Step | Batch) and operation.way != RACED and not getattr(operation, "raced", 0)
        if wrote and len(self.world.log) > before:
            refuse_odd(flow, self.world)

    # steps

    def _step(self, step: Step, flow: DemandFlow) -> None:
        """Give the command, and judge the answer and what is recorded."""
        if not possible(self.world, step):
            return
        others = [other for other in self.flows if other is not flow]
        with (
            race(step, flow, others, self.world) if step.way == RACED else nullcontext(step) as given,
            self._unrecorded(given.way in UNRECORDED),
        ):
            expected = self._expected(given)
            self._judge(expected, self._answer(expected, flow))
        self._same_log(f"{what(step)}: what is recorded", flow)

    def _batch(self, batch: Batch, flow: DemandFlow) -> None:
        """Give the commands together, and judge each answer, in their order, and what is recorded."""
        others = [other for other in self.flows if other is not flow and self.environment.file]
        batch, note = raced(batch, self.world) if others else (batch, None)
        refused, it = note is not None and batch.way == BATCH, NOT_MADE if note is None else self.world.id_of(note)
        if note is not None and not refused:
            self.world.tell(note)
        before = written_before(note, refused, flow, (*others, flow)[0], it)
        with self._unrecorded(batch.way in UNRECORDED or refused), before:
            if batch.way in (BATCH, BROKEN):
                with suppress(Interruption), flow.batch(backdating=batch.backdating) as block:
                    for step in batch.given(self.world):
                        with self._unrecorded(step.way in UNRECORDED):
                            expected = self._expected(step)
                            self._judge(expected, self._answer(expected, block))
                    if batch.way == BROKEN:
                        raise Interruption
            else:
                self._many(batch, flow)
        if note is not None and refused:
            self.world.tell(note)
        self._same_log(f"{batch.way}: what is recorded", flow)

    def _many(self, batch: Batch, flow: DemandFlow) -> None:
        """Give the commands as items; all are of the kind of the first."""
        expected = [self._expected(step) for step in batch.given(self.world)]
        new = [one.before.id for one in expected if not one.named]
        self._next_ids = new or self._next_ids
        answers = answers_of(flow, batch, expected)
        if len(answers) != len(expected):
            raise Differs(f"{batch.way}: so many answers", len(answers), len(expected))
        for one, answer in zip(expected, answers, strict=True):
            known = bool(one.again)
            if isinstance(answer, Recorded) and one.error is None and answer.known != known:
                raise Differs(f"{what(one.step)} was known before", answer.known, known)
            self._judge(one, answer.demand if isinstance(answer, Recorded) else answer.reason)

    @contextmanager
    def _unrecorded(self, really: bool) -> Iterator[None]:
        """What is done within never happened, nor did the time go by."""
        saved, was = self.world.saved() if really else None, self._dry
        self._dry = really or was
        yield
        self._dry = was
        if saved is not None:
            self.world.restore(saved)

    def _expected(self, step: Step) -> Expected:
        expected = self.world.tell(step)
        self._next_ids = [expected.before.id]
        return expected

    def _answer(self, expected: Expected, flow: Commands) -> Stream | Exception | None:
        step = expected.step
        on = self.world.workflows.get(step.fact.workflow) if isinstance(step.fact, MovedOver) else None
        if step.way == METHOD and on and step.move != moving_over(on, expected.before.state, step.by.role):
            step = replace(step, way=ACT)  # migrate() makes another move
        try:
            with suppress(Interruption):
                self._interrupted = step.way == INTERRUPTED
                answer = command(flow, step, expected.given, expected.before.id, expected.of, expected.begins)
                if step.way == WOULD and expected.begins and not expected.named:
                    # no id is made for what is not recorded
                    same_answer(f"{what(step)}: the id", answer.id, NOT_MADE)
                    return as_if(answer, id=expected.before.id)
                return answer
        except Differs:
            raise
        except Exception as error:  # the law judges what may be raised
            return error
        finally:
            self._interrupted = False
        return None

    # questions

    def _ask(self, ask: Ask, flow: DemandFlow) -> None:
        self.world.clock.now += ask.after
        said = asked(ask)
        found: Any
        if ask.keywords.get("catch_up") is False:
            flow.figures()
        try:
            found = self._found(ask, flow)
        except DemandFlowError as error:
            found = error
        if ask.refused is not None:
            if type(found).__name__ != ask.refused:
                raise Differs(f"{said} must be refused", found, ask.refused)
            well_said(said, found, ask.about)
            return
        try:
            want = QUESTIONS[ask.method].answer(self.world, *ask.args, **ask.keywords)
        except DemandFlowError as refused:
            if type(found) is not type(refused):
                raise Differs(f"{said} must be refused", found, refused) from None
            about = getattr(refused, "what", None)
            keys = [getattr(one, "KEY", None) for one in (*ask.args, *ask.keywords.values())]
            well_said(said, found, () if about is None else (about, *CALLED.get(about, ()), *filter(None, keys)))
            return
        if isinstance(found, Exception):
            raise Differs(said, found, "an answer")
        same_answer(said, QUESTIONS[ask.method].shown(found), want)

    # opening

    def opened(self, url: str | None = None, **said: Any) -> DemandFlow:
        """A flow of the log (or another), as the environment has it or as it is said."""
        environment = self.environment
        more: dict[str, Any] = {}
        if self.model is not None:
            more["policies"] = self.model.policies
        if environment.keep != PLAIN.keep:
            more["keep"] = environment.keep
        if self.world.zone.key != PLAIN.zone:
            more["zone"] = self.world.zone.key
        for name in ("tenant", "backdating", "late_entry"):
            if getattr(environment, name) != getattr(PLAIN, name):
                more[name] = getattr(environment, name)
        more |= {"workflows": tuple(self.world.workflows.values()), **said}
        with calendars_may_end():
            return self._open(url or self.url, clock=self._now, new_id=self._new_id, **more)

    def _new_id(self) -> UUID:
        return self._next_ids.pop(0) if len(self._next_ids) > 1 else self._next_ids[0]

    def _now(self) -> datetime:
        if self._interrupted:
            self._interrupted = False
            raise Interruption
        return self.world.clock.now
