"""The asker: what it calls valid is answered, what it calls invalid is refused as it says, at any moment."""

from __future__ import annotations

import inspect
from datetime import datetime
from random import Random

import pytest

from demandflow import CLOSED_LOOP, Calendar, DemandFlow, closed_loop, standard_clocks
from demandflow.errors import DemandFlowError
from demandflow.testing.drawing.asking import WEIGHTS, Asking
from demandflow.testing.drawing.drawing import Drawing
from demandflow.testing.drawing.turning import DAY, moments
from demandflow.testing.environments import Environment, any_environment
from demandflow.testing.model.world import World
from demandflow.testing.operations import Ask
from demandflow.testing.playing.commanding import asked
from demandflow.testing.playing.player import Player
from tests.profiles import examples

OFFICE = Calendar.of("office", zone="Europe/Berlin", hours="Mon-Fri 09:00-12:00 14:00-18:00")
TIMED = closed_loop("timed", bound=2, clocks=standard_clocks(OFFICE))


OF_KINDS = {
    **dict.fromkeys(("demand", "to_be_told", "stream"), "OtherKind"),
    **dict.fromkeys(("streams", "id_of_stream"), "InvalidValue"),
}
"""What is refused for the kind of stream that is asked about."""


def depends_on_the_history(ask: Ask, refused: str, world: World) -> bool:
    """Whether the model has to say if this is refused: for the kind, the demand that was not there, the moment past."""
    if refused == OF_KINDS.get(ask.method):
        return True
    if ask.method == "events_after":  # a position that the log never reached
        return refused == "InvalidValue" and ask.args[0] > len(world.log)
    if refused == "DemandNotFound":
        return bool({"as_of", "known_on"} & ask.keywords.keys())
    at = ask.keywords.get("at" if ask.method == "deadlines" else "overdue")
    return isinstance(at, datetime) and at < world.clock.now


def refusal(flow: DemandFlow, ask: Ask) -> str | None:
    """The error, if it is refused."""
    if ask.keywords.get("catch_up") is False:
        flow.figures()
    try:
        question = getattr(flow, ask.method)
        answer = question(*ask.args, **ask.keywords) if callable(question) else question
        if inspect.isgenerator(answer):
            list(answer)
    except DemandFlowError as error:
        return type(error).__name__
    return None


@pytest.mark.parametrize("seed", range(examples(100)))
def test_what_is_valid_is_answered_and_what_is_not_is_refused_as_said(seed: int) -> None:
    dice = Random(seed)
    player = Player((CLOSED_LOOP, TIMED)[seed % 2], any_environment(dice))
    # the model is not asked here, and would not know that the agenda has caught up
    methods = [name for name in WEIGHTS if name != "next_moment"]
    drawing, asking = Drawing(player.world, dice, {}, player.environment), Asking(player.world, dice, methods)
    try:
        for _ in range(20):
            operation = drawing.operation()
            if operation is not None and not isinstance(operation, Ask):
                player.do(operation)
            for ask in filter(None, (asking.question(0) for _ in range(6))):
                refused = refusal(player.flows[0], ask)
                right = refused == ask.refused
                assert right or (refused and depends_on_the_history(ask, refused, player.world)), asked(ask)
    finally:
        player.close()


def test_the_same_dice_ask_the_same() -> None:
    def questions() -> list[Ask | None]:
        dice = Random(7)
        world = World(CLOSED_LOOP)
        drawing = Drawing(world, dice)
        for _ in range(20):
            if (step := drawing.command()) is not None:
                world.tell(step)
        return [Asking(world, dice, WEIGHTS).question(0) for _ in range(50)]

    assert questions() == questions()


def test_nothing_is_asked_before_something_happened_or_where_nobody_answers() -> None:
    assert Asking(World(CLOSED_LOOP), Random(1), WEIGHTS).question(0) is None
    world = World(CLOSED_LOOP)
    step = Drawing(world, Random(1)).command()
    assert step is not None
    world.tell(step)
    assert Asking(world, Random(1), ()).question(0) is None


def test_something_turns_when_clocks_change_and_days_end() -> None:
    world = World(CLOSED_LOOP, Environment("Europe/Berlin"))
    at = [moment.isoformat() for moment in moments(world)]
    assert "2025-03-30T01:00:00+00:00" in at, "the clocks go forward"
    assert {"2025-02-28T23:00:00+00:00", "2025-03-01T23:00:00+00:00"} <= {*at}, "the day begins and ends"
    assert world.clock.now + DAY not in moments(world)
