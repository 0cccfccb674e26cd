"""Every rule and every role has an example that fails without it, and nothing that is taken out goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from demandflow import CLOSED_LOOP, InvalidWorkflow, Role, Workflow
from demandflow.domain.moves import sources
from demandflow.domain.rules import book as rules
from demandflow.domain.rules import separations
from tests.stories import told
from tests.unit.rules.rule_book import EXAMPLES, Example, check_roles, check_scene, who_notices
from tests.unit.rules.scenes import SCENES, Scene

pytestmark = pytest.mark.untraced


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_move_leads_where_the_notice_on_the_wall_says(scene: Scene) -> None:
    check_scene(scene, CLOSED_LOOP)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_move_is_made_by_those_who_may(scene: Scene) -> None:
    check_roles(scene, CLOSED_LOOP)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rule_objects(example: Example) -> None:
    example.check(CLOSED_LOOP)


def test_every_rule_in_the_book_is_used_and_has_an_example() -> None:
    rule_book = (rules.__name__, separations.__name__)
    written = {name for name, value in vars(rules).items() if getattr(value, "__module__", "") in rule_book}
    used = {rule.__name__ for move in CLOSED_LOOP.moves for rule in move.rules}
    conditions = {move.when.__name__ for move in CLOSED_LOOP.moves if move.when is not None}
    assert {name for name in written if not name.startswith("_")} == used | conditions
    assert used == {example.rule for example in EXAMPLES}


def test_every_move_has_a_scene_in_every_state_it_leaves() -> None:
    played = {(scene.move, told(scene.before).state) for scene in SCENES}
    anywhere = {"take_in", "let_go", "escalate", "correct", "move_over", "notify", "note"}
    declared = {
        (move.name, source)
        for move in CLOSED_LOOP.moves
        if move.name not in anywhere
        for source in sources(move, CLOSED_LOOP.states)
    }
    assert declared <= played
    assert anywhere <= {move for move, _ in played}


Change = tuple[str, tuple[int, ...], dict[str, object]]


def _changes() -> Iterator[Change]:
    """Each move without one of its rules, open to every role, leading elsewhere, or meaning less."""
    for number, move in enumerate(CLOSED_LOOP.moves):
        where = f"{number}-{move.name}"
        for rule in move.rules:
            kept = tuple(other for other in move.rules if other is not rule)
            yield f"{where}-without-{rule.__name__}", (number,), {"rules": kept}
        if set(move.roles) != set(Role):
            # moves of one name from the same states are opened together: one alone is refused when built
            together = [n for n, m in enumerate(CLOSED_LOOP.moves) if (m.name, m.from_) == (move.name, move.from_)]
            yield f"{where}-open-to-every-role", tuple(together), {"by": tuple(Role)}
        for meaning in move.meanings:
            kept_meanings = tuple(other for other in move.meanings if other != meaning)
            yield f"{where}-not-meaning-{meaning}", (number,), {"means": kept_meanings}
        yield f"{where}-leading-elsewhere", (number,), {"to": "closed" if move.to != "closed" else "refused"}


CHANGES = list(_changes())


def _changed(numbers: tuple[int, ...], change: dict[str, object]) -> Workflow:
    moves = list(CLOSED_LOOP.moves)
    for number in numbers:
        moves[number] = replace(moves[number], **change)  # type: ignore[arg-type]
    return Workflow(CLOSED_LOOP.name, CLOSED_LOOP.version, CLOSED_LOOP.states, moves)


def _noticed(numbers: tuple[int, ...], change: dict[str, object]) -> Iterator[str]:
    """Who notices the change: examples, or the check when the workflow is built."""
    try:
        workflow = _changed(numbers, change)
    except InvalidWorkflow as defects:
        assert {"to", "means"} & change.keys(), "roles and rules are noticed by examples, not by the check at build"
        yield from (f"at build: {defect}" for defect in defects.defects)
    else:
        yield from who_notices(workflow, [CLOSED_LOOP.moves[number].name for number in numbers])


# a report that is no longer called one is advised against; the examples must notice it all the same
@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
@pytest.mark.parametrize(("numbers", "change"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_nothing_that_is_changed_goes_unnoticed(numbers: tuple[int, ...], change: dict[str, object]) -> None:
    assert any(_noticed(numbers, change)), "no example noticed"


@pytest.mark.parametrize("number", [n for n, move in enumerate(CLOSED_LOOP.moves) if move.when is not None])
def test_a_conditional_move_that_is_taken_out_is_noticed(number: int) -> None:
    moves = [move for other, move in enumerate(CLOSED_LOOP.moves) if other != number]
    try:
        assert any(who_notices(Workflow("closed-loop", 2, CLOSED_LOOP.states, moves), [CLOSED_LOOP.moves[number].name]))
    except InvalidWorkflow as defects:
        assert {"unreachable", "unbounded"} & {defect.kind for defect in defects.defects}


if __name__ == "__main__":
    for what, numbers, change in CHANGES:
        noticed = list(_noticed(numbers, change))
        print(f"{what:<72} noticed by {len(noticed):>3}: {noticed[0] if noticed else 'NOBODY'}")
