"""Nothing public goes unasked: each method, each parameter, with values that matter; and what the model may import."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import wraps
from random import Random
from typing import Any, TypeVar
from unittest.mock import patch

import pytest

from demandflow import CLOSED_LOOP, Calendar, DemandFlow, batches, closed_loop, standard_clocks
from demandflow.batches import Batch
from demandflow.domain.facts import OTHER_SIDES
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale, ScaleGrade
from demandflow.domain.versions.workflows import Workflows
from demandflow.errors import DemandFlowError
from demandflow.testing.differs import Differs
from demandflow.testing.drawing.asking import NEVER, WALKED, WEIGHTS, Asking, parameters, positional
from demandflow.testing.drawing.batching import draw_batch
from demandflow.testing.drawing.choosing import Surroundings, fact_of
from demandflow.testing.drawing.drawing import Drawing
from demandflow.testing.drawing.running import draw_policies
from demandflow.testing.environments import any_environment
from demandflow.testing.model.answers import QUESTIONS
from demandflow.testing.model.step import Step
from demandflow.testing.model.world import World
from demandflow.testing.operations import METHOD, Ask, Upset
from demandflow.testing.people import actors_for
from demandflow.testing.playing import player as players
from demandflow.testing.playing.commanding import command
from demandflow.testing.playing.player import Player
from tests.paths import ROOT
from tests.small_workflow import desk, yard

pytestmark = pytest.mark.untraced

OFFICE = Calendar.of("office", zone="Europe/Berlin", hours="Mon-Fri 09:00-12:00 14:00-18:00")
SCALE = GradeScale((*FIVE_GRADES.grades, ScaleGrade("so_so", 0.5)), ("timeliness", "attitude"))
TIMED = closed_loop("timed", bound=2, clocks=standard_clocks(OFFICE), support=True, grades=SCALE)
WORKFLOWS = (CLOSED_LOOP, TIMED, replace(yard(), grades=SCALE), desk())
T = TypeVar("T")
Given = defaultdict[tuple[str, str], set[str]]
"""By method and parameter: the values that were given. Without a parameter: the method was called."""

HOW = ("by", "at", "command_id", "seen", "correlation", "causation")
"""What all commands hand on to the same door."""
COMMANDS = "every command"
NOT_DRAWN = {
    "stream_tables": "no question: what streams() and the reports of a county read",
    "policies": "no question: it is what it was opened with",
    **dict.fromkeys(
        ["follow_events", *(f"follow_events.{name}" for name in ("after", "every", "skip_unreadable"))],
        "asked by the player, who follows the log beside events_after()",
    ),
    "follow_events.stop": "a hook: see test_feed.py",
    "run_policies.notify": "deliver_notices(), which is given",
    "register_draft.at": "of what was entered later: see test_drafts.py",
    **dict.fromkeys(("run_policies.stop", "deliver_notices.stop"), "a hook, which follow() gives: see test_follow.py"),
    "board.after": "given by the player, who walks the pages; else invalid",
    "work_list.after": "given by the player, who walks the pages; else invalid",
    "changes.closed": "refused, whatever it is: see NEVER in testing/drawing/asking.py",
    "deadlines.closed": "refused, whatever it is: see NEVER in testing/drawing/asking.py",
    "rebuild.progress": "a hook: see test_rebuilding.py",
    "open.clocks_right_until": "see test_wrong_clocks.py",
    "open.synchronous": "of power cuts: see test_power_cuts.py",
    "open.progress": "a hook: see test_rebuilding.py",
    "open.new_id": "given, and always the player's",
    "open.clock": "given, and always the player's",
}
"""What no history gives, or always in the same way, and why."""
ALIKE = {"catch_up", "skip_unreadable"}
"""The answer must be the same, whatever is said here."""

ENGINE_IN_THE_MODEL: Mapping[str, frozenset[str] | None] = {
    "errors": None,
    "domain.facts": None,
    "domain.fact": frozenset({"Fact"}),
    "domain.values": None,
    "domain.events": None,
    "domain.demand": frozenset({"Demand", "Round", "Subject", "Work", "as_if"}),
    "domain.stream": frozenset({"OtherKind", "Stream"}),  # a class of your own says itself what an event changes
    "domain.moves": frozenset({"BACK", "START", "STAY", "ENDS", "Move", "Proposal", "sources"}),
    "domain.workflow": frozenset({"Workflow"}),
    "domain.clocks.clock": frozenset({"Clock", "Limit"}),
    "domain.clocks.states": frozenset({"MET", "MISSED", "PAUSED", "RUNNING", "STOPPED", "ClockState"}),
    "calendars.spans": frozenset({"Span"}),
    "calendars.calendar": frozenset({"Calendar"}),  # its hours and days as declared
    "calendars.days": frozenset({"Days"}),
    "policies": frozenset(  # their parameters as declared
        {
            "CallBacks",
            "Dispatch",
            "Handler",
            "NoticesEnd",
            "Remind",
            "Reminders",
            "ReopenWindow",
            "ReviewSuspended",
            "standard_policies",
        }
        | {"Sorting", "TellSupporters"}
    ),
    "policies.deadlines": frozenset({"STEPS"}),  # of reminders, which say no others
    "automation.notices": frozenset({"Notice"}),
    "automation.parked": frozenset({"ParkedReaction"}),
}
"""What testing/model imports of the engine: facts, values, events and workflows as declared, no code that answers.

A new import has to be argued: what it computes, the model does not check. None stands for all names of a module.
"""


ANSWERING = {
    "row_for",
    "moves_from",
    "move_of",
    "objections",
    "states_owned_by",
    "span_for",
    "fits",
    "worked",
    "add_to",
}
"""Methods of what the model may import that would answer in its place."""


def everything() -> set[tuple[str, str]]:
    """Every public method, and every parameter of it."""
    names = [name for name in dir(DemandFlow) if not name.startswith("_")]
    functions = [name for name in names if callable(getattr(DemandFlow, name))]
    return {(name, "") for name in names} | {(name, of) for name in functions for of in parameters(name)}


def door(method: str, parameter: str) -> str:
    """The method that a parameter belongs to: those that all commands hand on belong to all."""
    is_command = {"by", "command_id"} <= parameters(method).keys() if parameter else False
    return COMMANDS if is_command and parameter in HOW else method


def listed(method: str, parameter: str) -> bool:
    """Whether the list says that it is not drawn."""
    return (f"{door(method, parameter)}.{parameter}" if parameter else method) in NOT_DRAWN


class Watching:
    """Notes what is given to the methods of a DemandFlow; with `doing`, they do it as well."""

    def __init__(self) -> None:
        self.given = Given(set)
        self.doing, self._inside = True, False
        self.kind, self.batch = self._watched_kind(DemandFlow), self._watched_kind(Batch)

    def open(self, url: str, **more: Any) -> DemandFlow:
        """Open it."""
        self.note("open", DemandFlow.open, (url,), more)
        with self._within():
            return self.kind.open(url, **more)

    def note(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """Note what is given."""
        bound = inspect.signature(function).bind(*args, **keywords)
        kinds = {of: parameter.kind for of, parameter in bound.signature.parameters.items()}
        plain = [of for of, kind in kinds.items() if kind != inspect.Parameter.VAR_KEYWORD and of != "self"]
        given = {of: bound.arguments[of] for of in plain if of in bound.arguments}
        for of, value in bound.arguments.items():
            given |= value if kinds[of] == inspect.Parameter.VAR_KEYWORD else {}
        self.given[name, ""].add("")
        for of, value in given.items():
            self.given[door(name, of), of].add(re.sub(" at 0x[0-9a-f]+", "", repr(value))[:200])

    def _watched_kind(self, kind: type[T]) -> type[T]:
        """The class with all its public methods watched."""
        watched = type(f"Watched{kind.__name__}", (kind,), {})
        for name in {*dir(kind)} & {*dir(DemandFlow)}:
            if not name.startswith("_") and inspect.isfunction(function := inspect.getattr_static(kind, name)):
                setattr(watched, name, self._watched(name, function))
        return watched

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any, **keywords: Any) -> Any:
            if not self._inside:
                self.note(name, function, args, keywords)
            if self.doing:
                with self._within():
                    return function(*args, **keywords)
            return None

        return call

    @contextmanager
    def _within(self) -> Iterator[None]:
        """What one method asks of another is not noted."""
        was, self._inside = self._inside, True
        try:
            yield
        finally:
            self._inside = was


def worlds(number: int, steps: int) -> Iterator[tuple[World, Drawing]]:
    """Random worlds, after each of their steps."""
    for seed in range(number):
        dice = Random(seed)
        environment = any_environment(dice)
        world = World(WORKFLOWS[seed % len(WORKFLOWS)], environment)
        drawing = Drawing(world, dice, {}, environment)
        for _ in range(steps):
            if (step := drawing.command()) is not None:
                world.tell(step)
            if world.log:
                yield world, drawing


def given_to_commands() -> Given:
    """What commands are given: all kinds of them in real histories, and the methods that a player knows by name."""
    watching = Watching()
    for seed in range(24):
        dice = Random(seed)
        player = Player(WORKFLOWS[seed % len(WORKFLOWS)], any_environment(dice), open=watching.open)
        drawing = Drawing(player.world, dice, {}, player.environment)
        # odd calls give values only to be refused: that is not asking
        no_odd_calls = patch.object(players, "refuse_odd", lambda *_: None)
        with suppress(Differs), patch.object(batches, "Batch", watching.batch), no_odd_calls:
            for _ in range(40):
                if (operation := drawing.operation()) is not None and not isinstance(operation, Ask):
                    player.do(operation)
            for _ in range(3):  # what operation() seldom chooses
                upsets = drawing._upset(0), Upset("opened otherwise")
                for seldom in (*upsets, draw_policies(drawing, 0), draw_batch(drawing, 0)):
                    if seldom is not None:
                        player.do(seldom)
        player.close()
        watching.doing = False
        flow = object.__new__(watching.kind)
        flow._workflows = Workflows(player.world.workflows)
        for demand in player.world.demands.values():
            where = Surroundings(
                *(demand, sorted(player.world.demands), player.world.clock.now, [*player.world.workflows]),
                scores=player.world.workflow.grades.scores,
            )
            for move in player.world.workflow.moves:
                fact = None if move.fact in OTHER_SIDES else fact_of(move.fact, dice.randrange(2**20), where)
                by = actors_for(dice.choice(move.roles), demand)[0]
                if fact is not None:
                    command(flow, Step(demand.id.int, move.name, fact, by, way=METHOD), None)
        watching.doing = True
    return watching.given


def optional(method: str) -> set[str]:
    """The keywords that can be left out, and matter."""
    keywords = parameters(method).keys() - {*positional(method)} - ALIKE
    return {of for of in keywords if (method, of) not in NEVER | WALKED}


KEYWORDS = {f"{method}.{of}" for method in QUESTIONS if method in WEIGHTS for of in optional(method)}


def given_to_questions() -> Given:
    """What questions are given, and under \"matters\" whether leaving it out would change the model's answer.

    It ends once all of it was seen.
    """
    given, dice = Given(set), Random(1)
    for world, _ in worlds(40, 30):
        constant = any(of and len(values) < 2 for (_, of), values in given.items())
        if given["matters", ""] >= KEYWORDS and all((name, "") in given for name in WEIGHTS) and not constant:
            break
        asking = Asking(world, dice, WEIGHTS)
        for _ in range(20):
            ask = asking.question(0)
            assert ask is not None
            if ask.refused is None:
                given[ask.method, ""].add("")
                needed = positional(ask.method)
                args = (ask.args,) if needed == ["dimensions"] else ask.args
                for name, value in {**dict(zip(needed, args, strict=True)), **ask.keywords}.items():
                    given[ask.method, name].add(repr(value))
                    if f"{ask.method}.{name}" not in given["matters", ""] and matters(world, ask, name):
                        given["matters", ""].add(f"{ask.method}.{name}")
    return given


def matters(world: World, ask: Ask, name: str) -> bool:
    """Whether the model would answer otherwise without this keyword."""
    if ask.method not in QUESTIONS or name not in ask.keywords:
        return False
    without = {of: value for of, value in ask.keywords.items() if of != name}
    with suppress(DemandFlowError):
        answers = [QUESTIONS[ask.method].answer(world, *ask.args, **given) for given in (ask.keywords, without)]
        return bool(answers[0] != answers[1])
    return False


@pytest.mark.long
def test_everything_public_is_asked_and_given_with_values_that_matter() -> None:
    to_questions = given_to_questions()
    given = {**given_to_commands(), **to_questions}
    missing = {(method, of) for method, of in everything() if (door(method, of), of) not in given}
    assert {f"{method}.{of}" for method, of in missing if not listed(method, of)} == set(), "drawn or listed"

    there = {name for method, of in everything() for name in (method, f"{door(method, of)}.{of}")}
    assert set(NOT_DRAWN) <= there, "what is listed is there"
    assert {name for name in NOT_DRAWN if "." not in name and (name, "") in given} == set(), "and not called"
    drawn = {f"{method}.{of}" for (method, of), values in given.items() if len(values) > 1}
    assert drawn & set(NOT_DRAWN) == set(), "nor drawn"

    constant = {f"{method}.{of}" for (method, of), values in given.items() if of and len(values) < 2}
    assert constant - set(NOT_DRAWN) == set(), "not always the same"

    assert KEYWORDS - to_questions["matters", ""] == set(), "the model's answer would be another without it"


def test_the_model_answers_every_question() -> None:
    assert set(WEIGHTS) == set(QUESTIONS)


def test_the_model_asks_no_method_that_answers() -> None:
    for file in (ROOT / "demandflow" / "testing" / "model").rglob("*.py"):
        called = {node.attr for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        assert called & ANSWERING == set(), file.name


def test_the_model_imports_nothing_that_answers() -> None:
    imported: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "demandflow" / "testing" / "model").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Import) or not any(
                name.name.startswith("demandflow") for name in node.names
            )
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "demandflow":
                imported[str(node.module).removeprefix("demandflow").lstrip(".")] |= {one.name for one in node.names}
    engine = {module: names for module, names in imported.items() if module.split(".")[0] != "testing"}
    # of the county's kinds what they keep and their facts, which are classes, and no functions
    county = [(module, names) for module, names in engine.items() if module.startswith("domain.county.")]
    assert not [(module, name) for module, names in county for name in names if name[0].islower()]
    engine = {module: names for module, names in engine.items() if not module.startswith("domain.county.")}
    allowed = {
        module: names if of is None else of
        for module, names in engine.items()
        for of in [ENGINE_IN_THE_MODEL.get(module, frozenset())]
    }
    assert {module: names - allowed[module] for module, names in engine.items() if names - allowed[module]} == {}
