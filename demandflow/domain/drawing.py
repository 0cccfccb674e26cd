"""A workflow as a diagram of its states and moves, and as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from demandflow.domain.checks.paths import ends_of, rows_of
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.moves import START, WHILE_OPEN, Move, State
from demandflow.domain.values import Stage

COLOURS = {
    Stage.REGISTRATION: "fill:#eef2f7,stroke:#5b6b7f",
    Stage.AUDIT: "fill:#fff3d6,stroke:#a8791a",
    Stage.CONTRACTING: "fill:#e3eefc,stroke:#2f68b0",
    Stage.FEEDBACK: "fill:#e5f5e8,stroke:#2f8a45",
    Stage.EVALUATION: "fill:#f3e8fa,stroke:#7d3fa6",
    Stage.ENDED: "fill:#ececec,stroke:#777777",
}
LEGEND = "fill:#ffffff,stroke:#777777,stroke-dasharray:4"
PLAIN = " _-(),/.→"
BREAK = "<br/>"
DIRECTION = re.compile(r"n(?<=direction)(?= )", re.IGNORECASE)
"""A word that turns the whole diagram, wherever it is in a line."""
Row = tuple[Move, str, str]


def mermaid(
    states: Sequence[State], moves: Sequence[Move], clocks: Sequence[Clock] = (), *, everything: bool = False
) -> str:
    """The workflow as a Mermaid state diagram: see Workflow.mermaid."""
    ids = {state.name: f"s{number}" for number, state in enumerate(states, 1)} | {"": "[*]"}
    drawn = [row for row in _rows(states, moves) if everything or not _everywhere(row[0])]
    lines = ["stateDiagram-v2"]
    lines += [f"  classDef {stage.value} {COLOURS[stage]},color:#111111" for stage in Stage]
    for state in states:
        stays = [f"↻ {_way(move)}" for move, source, dest in drawn if source == dest == state.name]
        timed = [f"⏱ {text}" for text in _running(state, clocks)] + [f"⏸ {text}" for text in _paused(state, clocks)]
        lines.append(f"  {_box(ids[state.name], state.name, *_waits(state), *timed, *dict.fromkeys(stays))}")
        lines.append(f"  class {ids[state.name]} {state.waits_for.value}")
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for move, source, dest in drawn:
        if source != dest:
            arrows.setdefault((source, dest), {})[_way(move)] = None
    for source, dest in sorted(arrows, key=_main_ways_first(states, drawn)):
        lines.append(f"  {ids[source]} --> {ids[dest]}: {_label(arrows[source, dest])}")
    lines += [f"  {ids[name]} --> [*]: {_label([ended_as])}" for name, ended_as in ends_of(states).items()]
    if not everything and (elsewhere := dict.fromkeys(map(_from_everywhere, filter(_everywhere, moves)))):
        lines += [f"  classDef everywhere {LEGEND},color:#111111", f"  {_box('everywhere', *elsewhere)}"]
        lines.append("  class everywhere everywhere")
    return "\n".join(lines)


def table(states: Sequence[State], moves: Sequence[Move], clocks: Sequence[Clock] = ()) -> str:
    """The workflow as a Markdown table: see Workflow.table."""
    heads = ["state", "waits for", "whose turn", *(["clocks"] if clocks else []), "ways on"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    rows = _rows(states, moves)
    names = dict.fromkeys(move.name for move, _, _ in rows)
    for state in states:
        by_name = [[row for row in rows if (row[0].name, row[1]) == (name, state.name)] for name in names]
        ways = [_way_on(tried) for tried in by_name if tried and not _everywhere(tried[0][0])]
        stage = state.waits_for.value if state.ended_as is None else f"ended: {state.ended_as}"
        timed = [*_running(state, clocks), *(f"{name} (paused)" for name in _paused(state, clocks))]
        cells = [f"`{state.name}`", stage, state.owner or "", *(["; ".join(timed)] if clocks else []), "; ".join(ways)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _running(state: State, clocks: Sequence[Clock]) -> list[str]:
    """The clocks that run in a state, with what each gives."""
    here = [clock for clock in clocks if state.name in clock.runs_in]
    return [f"{clock.name}: {', else '.join(map(str, clock.limits))}" for clock in here]


def _paused(state: State, clocks: Sequence[Clock]) -> list[str]:
    return [clock.name for clock in clocks if state.name in clock.paused_in]


def _rows(states: Sequence[State], moves: Sequence[Move]) -> list[Row]:
    """Each move with each way that it can ever go, in the order of the moves."""
    return [(moves[number], source, dest) for number, source, dest in rows_of(states, moves)]


def _main_ways_first(
    states: Sequence[State], drawn: Sequence[Row]
) -> Callable[[tuple[str, str]], tuple[bool, int, int]]:
    """The order in which arrows are drawn: those that lead on before detours from which a demand comes back."""
    number = {state.name: at for at, state in enumerate(states, 1)} | {"": 0}
    detours = {source for move, source, _ in drawn if move.leads_back}
    return lambda arrow: (arrow[1] in detours or arrow[0] in detours, number[arrow[0]], number[arrow[1]])


def _everywhere(move: Move) -> bool:
    return move.from_ is not START and not isinstance(move.from_, str | tuple)


def _way_on(rows: Sequence[Row]) -> str:
    """A move of one name from one state, as the table says it."""
    back = ["back" for move, _, _ in rows if move.leads_back]
    goals = back or ["stays" if source == dest else f"`{dest}`" for _, source, dest in rows]
    roles = dict.fromkeys(role for move, _, _ in rows for role in move.roles)
    return f"{rows[0][0].name} → {' or '.join(dict.fromkeys(goals))} ({', '.join(roles)})"


def _way(move: Move) -> str:
    return f"{'↩ ' if move.leads_back else ''}{move.name} ({', '.join(move.roles)})"


def _from_everywhere(move: Move) -> str:
    where = "while open" if move.from_ is WHILE_OPEN else "anywhere"
    goal = f" → {move.to}" if isinstance(move.to, str) else ""
    return f"{where}: {_way(move)}{goal}"


def _waits(state: State) -> list[str]:
    """What an open state waits for, and whose turn it is; an ended one waits for nothing."""
    return [] if state.ended_as is not None else [f"{state.waits_for.value}: {state.owner}"]


def _box(name: str, *texts: str) -> str:
    return f'state "{_label(texts)}" as {name}'


def _label(texts: Iterable[str]) -> str:
    """Lines of text in which no character means anything to the drawing language."""
    return BREAK.join(DIRECTION.sub(lambda n: _sign(n[0]), "".join(map(_plain, text))) for text in texts)


def _plain(sign: str) -> str:
    return sign if sign.isalnum() or sign in PLAIN else _sign(sign)


def _sign(sign: str) -> str:
    return f"#{ord(sign)};"
