"""What can happen to who has a log open happens in the kit, and after it all is as the model says."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from demandflow.domain.standard.closed_loop import CLOSED_LOOP
from demandflow.domain.workflow import Workflow
from demandflow.testing.drawing.drawing import ANYWHERE, IN_FILES, Drawing
from demandflow.testing.environments import any_environment
from demandflow.testing.operations import Upset
from demandflow.testing.playing.player import Player
from tests.small_workflow import Settled, desk

WITHOUT_A_RULE = [replace(move, rules=()) if move.name == "accept" else move for move in CLOSED_LOOP.moves]
NAMESAKE = replace(CLOSED_LOOP, moves=WITHOUT_A_RULE)
"""Another workflow than ours, of the same name and version."""


@pytest.mark.parametrize("file", [True, False])
@pytest.mark.parametrize("workflow", [CLOSED_LOOP, NAMESAKE, desk(Settled)], ids=["loop", "namesake", "desk"])
def test_whatever_upsets_a_history_it_goes_on(workflow: Workflow, file: bool) -> None:
    dice = Random(6)
    environment = replace(any_environment(dice), file=file, openers=2 if file else 1)
    player = Player(workflow, environment)
    drawing, seen = Drawing(player.world, dice, {}, environment), set[str]()
    for _ in range(30):
        if (operation := drawing.operation()) is not None:
            player.do(operation)
    while seen < {*ANYWHERE, *(IN_FILES if file else ())}:
        upset: Upset = drawing._upset(0)
        if upset.what not in seen or upset.what == "rows are lost":
            player.do(upset)
        seen.add(upset.what)
    player.close()
