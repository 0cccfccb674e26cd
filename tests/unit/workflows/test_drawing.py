"""A workflow draws itself: nothing that it declares is missing, and no name breaks the picture."""

from __future__ import annotations

import html
import re
from typing import NamedTuple
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    ANYWHERE,
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    WHILE_OPEN,
    Calendar,
    Clock,
    Limit,
    Move,
    Stage,
    State,
    Workflow,
    closed_loop,
    standard_clocks,
)
from demandflow.domain.checks.defects import RESERVED
from demandflow.domain.checks.paths import steps_of
from demandflow.domain.moves import sources
from demandflow.domain.standard.duties import SEPARATIONS
from demandflow.facts import Noted, Registered, Stepped
from demandflow.inputs.texts import is_name
from tests.paths import ROOT

PAGE = ROOT / "docs" / "closed-loop.md"
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-17:00")
FINISH = (Limit("2 working days", "roads"), "5 working days")
TIMED = closed_loop("timed-loop", clocks=standard_clocks(OFFICE, finish=FINISH))
SIGN = r"(?:\w|[ \-(),/.→]|#\d+;|<br/>)"
ID = r"(?:s[1-9]\d*|everywhere)"
SHAPES = {
    "head": r"stateDiagram-v2",
    "style": r"  classDef (?P<style>[a-z]+) [a-z:#\d,-]+",
    "box": rf'  state "(?P<text>{SIGN}+)" as (?P<id>{ID})',
    "class": rf"  class (?P<id>{ID}) (?P<style>[a-z]+)",
    "arrow": rf"  (?P<source>{ID}|\[\*\]) --> (?P<dest>{ID}|\[\*\]): (?P<text>{SIGN}+)",
}


class Picture(NamedTuple):
    """What a diagram shows: the lines of each box, the lines on each arrow."""

    boxes: dict[str, list[str]]
    arrows: dict[tuple[str, str], list[str]]


def lines_of(text: str) -> list[str]:
    return [html.unescape(re.sub(r"#(\d+);", r"&#\1;", line)) for line in text.split("<br/>")]


def read(diagram: str) -> Picture:
    """The diagram by a strict grammar of lines; what is named was declared before."""
    picture, styles = Picture({}, {}), set()
    for number, line in enumerate(diagram.split("\n")):
        found = [(kind, match) for kind, shape in SHAPES.items() if (match := re.fullmatch(shape, line))]
        assert len(found) == 1, line
        assert not re.search(r"direction\s", line, re.IGNORECASE), "this word turns the picture, wherever it is"
        ((kind, match),) = found
        assert (kind == "head") == (number == 0)
        if kind == "style":
            assert match["style"] not in styles
            styles.add(match["style"])
        if kind == "box":
            assert match["id"] not in picture.boxes
            picture.boxes[match["id"]] = lines_of(match["text"])
        if kind == "class":
            assert match["id"] in picture.boxes
            assert match["style"] in styles
        if kind == "arrow":
            ends = (match["source"], match["dest"])
            assert {*ends} <= {*picture.boxes, "[*]"}
            assert ends not in picture.arrows, "one arrow between two states"
            picture.arrows[ends] = lines_of(match["text"])
    return picture


def holds(picture: Picture, workflow: Workflow, *, everything: bool) -> None:
    """The picture shows each state and each way of each move, and nothing else."""
    ids = {state.name: f"s{number}" for number, state in enumerate(workflow.states, 1)} | {"": "[*]"}
    boxes = {ids[state.name]: [state.name] for state in workflow.states}
    arrows: dict[tuple[str, str], list[str]] = {}
    legend: list[str] = []
    for state in workflow.states:
        if state.ended_as is not None:
            arrows[ids[state.name], "[*]"] = [state.ended_as]
        else:
            boxes[ids[state.name]].append(f"{state.waits_for.value}: {state.owner}")
        runs = [clock for clock in workflow.clocks if state.name in clock.runs_in]
        boxes[ids[state.name]] += [f"⏱ {one.name}: {', else '.join(map(str, one.limits))}" for one in runs]
        boxes[ids[state.name]] += [f"⏸ {one.name}" for one in workflow.clocks if state.name in one.paused_in]
    for number, move in enumerate(workflow.moves):
        way = f"{'↩ ' if move.to is BACK else ''}{move.name} ({', '.join(move.roles)})"
        if not everything and move.from_ in (ANYWHERE, WHILE_OPEN):
            goal = f" → {move.to}" if isinstance(move.to, str) else ""
            legend.append(f"{'anywhere' if move.from_ is ANYWHERE else 'while open'}: {way}{goal}")
            continue
        goals = {(s.before.state, s.after.state) for s in steps_of(workflow.states, workflow.moves) if s.move == number}
        for source, goal in goals:
            shown = boxes[ids[source]] if source == goal else arrows.setdefault((ids[source], ids[goal]), [])
            if (line := f"↻ {way}" if source == goal else way) not in shown:
                shown.append(line)
    if legend:
        boxes["everywhere"] = list(dict.fromkeys(legend))
    assert picture.boxes == boxes
    assert picture.arrows == arrows


@pytest.mark.parametrize("everything", [False, True])
def test_the_closed_loop_is_drawn_whole(everything: bool) -> None:
    holds(read(CLOSED_LOOP.mermaid(everything=everything)), CLOSED_LOOP, everything=everything)


@pytest.mark.parametrize("everything", [False, True])
def test_clocks_are_drawn_where_they_run_and_where_they_are_paused(everything: bool) -> None:
    drawn = TIMED.mermaid(everything=everything)
    holds(read(drawn), TIMED, everything=everything)
    [box] = [lines for lines in read(drawn).boxes.values() if lines[0] == "details_asked"]
    assert box[1:5] == ["registration: resident", "⏱ details: 10 calendar days", "⏸ accept", "⏸ finish"]


def test_the_table_has_a_column_for_clocks_if_there_are_any() -> None:
    head, line, *rows = TIMED.table().split("\n")
    assert (head, line) == ("| state | waits for | whose turn | clocks | ways on |", "|---|---|---|---|---|")
    cells = {row.split(" | ")[0]: row.split(" | ")[3] for row in rows}
    assert cells["| `details_asked`"] == "details: 10 calendar days; accept (paused); finish (paused)"
    assert cells["| `accepted`"] == "dispatch: 1 working day; finish: 2 working days (roads), else 5 working days"
    assert cells["| `closed`"] == ""
    assert "clocks" not in CLOSED_LOOP.table()
    without = [[cell for at, cell in enumerate(row.split(" | ")) if at != 3] for row in (head, *rows)]
    plain = CLOSED_LOOP.table().split("\n")
    assert [" | ".join(row) for row in without] == [plain[0], *plain[2:]]


def test_every_open_state_and_every_move_has_its_place() -> None:
    """Said once more without looking at ways: names only."""
    picture = read(CLOSED_LOOP.mermaid())
    shown = [line for lines in (*picture.boxes.values(), *picture.arrows.values()) for line in lines]
    for state in CLOSED_LOOP.states:
        assert state.name in shown
    for move in CLOSED_LOOP.moves:
        assert any(re.search(rf"(^|[ ]){move.name} \(", line) for line in shown), move.name
    elsewhere = [move.name for move in CLOSED_LOOP.moves if move.from_ in (ANYWHERE, WHILE_OPEN)]
    assert [re.sub(r".*: (\w+) .*", r"\1", line) for line in picture.boxes["everywhere"]] == elsewhere
    assert "everywhere" not in read(CLOSED_LOOP.mermaid(everything=True)).boxes


def test_several_moves_between_two_states_share_an_arrow_and_back_is_marked() -> None:
    arrows = read(CLOSED_LOOP.mermaid()).arrows
    ids = {state.name: f"s{number}" for number, state in enumerate(CLOSED_LOOP.states, 1)}
    for origin in ("registered", "in_hand"):
        assert arrows[ids["details_asked"], ids[origin]] == [
            "↩ give_details (resident, grid_administrator)",
            "↩ no_answer (grid_administrator)",
        ]
    assert arrows[ids["reported"], ids["fed_back"]] == ["feed_back (grid_administrator)"], "said once, not twice"


NASTY = st.sampled_from(
    [
        *(
            "end",
            "state",
            "note right of s1: end note",
            "[*]",
            "s1",
            '街道 "办": a-b; c',
            "direction LR",
            "DIRECTION  tb",
        ),
        *(
            "%%{init: {}}%%",
            "a --> b",
            "<b>&amp;</b>",
            "#59; #quot;",
            "style x fill:#a;",
            "class s1 audit",
            "完成 🎉",
            "}",
        ),
    ]
)
LETTERS = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
PRINTABLE = (
    st.text(LETTERS, min_size=1, max_size=12)
    .map(lambda text: normalize("NFC", text).strip() or "x")
    .map(lambda text: text if is_name(text) else f"name {len(text)}")
)
NAMES = (NASTY | PRINTABLE).filter(
    lambda name: name == name.strip() and name not in (*RESERVED, "register", "note", "state")
)


@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
@given(st.lists(NAMES, min_size=8, max_size=8, unique=True), st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_no_name_breaks_the_picture(names: list[str], roles: list[str]) -> None:
    *states, back, far = names
    desk, work, aside, done, go, out = states
    owner = "clerk: one"
    workflow = Workflow(
        "nasty",
        version=1,
        states=[
            State(desk, Stage.AUDIT, owner=owner),
            State(work, Stage.FEEDBACK, owner=owner),
            State(aside, Stage.FEEDBACK, owner=owner),
            State(done, Stage.ENDED, ended_as="closed"),
        ],
        moves=[
            Move("register", Registered, START, desk, by=tuple(roles)),
            Move(go, Stepped, (desk, work), aside, by=roles[0]),
            Move(back, Stepped, aside, BACK, by=roles[1]),
            Move(out, Stepped, desk, work, by=roles[0]),
            Move(far, Stepped, WHILE_OPEN, done, by="{"),
            Move("stay: 1", Stepped, work, STAY, by='"'),
            Move("note", Noted, ANYWHERE, STAY, by=roles[0]),
        ],
        clocks=[Clock(go, desk, Limit("1.5 hours", "noise/dogs"), OFFICE, paused_in=work)],
    )
    for everything in (False, True):
        holds(read(workflow.mermaid(everything=everything)), workflow, everything=everything)


def test_what_leads_on_is_laid_out_before_detours() -> None:
    """Mermaid lays out what it reads first from top to bottom: the way through, not a way out and back."""
    arrows = list(read(CLOSED_LOOP.mermaid()).arrows)
    detours = {
        f"s{number}"
        for number, state in enumerate(CLOSED_LOOP.states, 1)
        for move in CLOSED_LOOP.moves
        if move.to is BACK and state.name in sources(move, CLOSED_LOOP.states)
    }
    late = [bool(detours & {*ends}) for ends in arrows if "[*]" not in ends]
    assert late == sorted(late)
    assert arrows[0] == ("[*]", "s1")


def page() -> str:
    """The page, its diagram and its table made from the workflow."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [f"| {rule.__doc__} | {', '.join(moves)} | `{rule.__name__}` |" for rule, moves in SEPARATIONS.items()]
    separations = "\n".join(["| separation | moves | rule |", "|---|---|---|", *rows])
    diagram, table = f"```mermaid\n{CLOSED_LOOP.mermaid()}\n```", CLOSED_LOOP.table()
    for what, made in (("diagram", diagram), ("table", table), ("separations", separations)):
        mark = f"<!-- {CLOSED_LOOP.key} {what} -->"
        before, found, rest = text.partition(mark)
        assert found, f"the page has no {mark}"
        text = f"{before}{mark}\n{made}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return text


def test_the_page_of_the_closed_loop_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.unit.workflows.test_drawing"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
