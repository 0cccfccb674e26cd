"""The board, work lists and deadlines: the demands gone through one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any

from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.moves import ENDS, sources
from demandflow.domain.values import Role, Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.testing.model.demands import as_text, demand_then, shown_fields
from demandflow.testing.model.own import own_of_class
from demandflow.testing.model.query import ever_seen
from demandflow.testing.model.rows import Row, as_csv, as_recorded, fits, in_order, line_of, matches, row_of
from demandflow.testing.model.streams import Until
from demandflow.testing.model.world import World

IN_SLICES = ("place", "category", "channel", "lead")
"""Words of these kinds are known for ever, once a demand had them."""


def board(
    world: World,
    *,
    overdue: bool | datetime = False,
    due_by: datetime | None = None,
    as_of: Until = None,
    known_on: Until = None,
    sort: str | Sequence[str] | None = None,
    descending: bool = False,
    limit: int = 50,
    total: bool = False,
    catch_up: bool = True,
    **where: Any,
) -> list[dict[str, Any]]:
    """All pages of the board."""
    now, points = world.clock.now, [point for point in (as_of, known_on) if point is not None]
    if isinstance(overdue, datetime):
        if points or _is_past(world, overdue):
            raise InvalidValue("overdue", "is past")
        now = overdue
    _check_words(world, where)
    demands = [demand_then(world, it, as_of, known_on) if points else one for it, one in world.demands.items()]
    rows = [row for one in demands if one is not None and matches(world, row := row_of(one), where)]
    if overdue:
        rows = [row for row in rows if _is_due(row) and _had_passed(world, row["due"], now, points)]
    if due_by is not None:
        rows = [row for row in rows if _is_due(row) and row["due"] <= due_by]
    usual = "due" if overdue or due_by is not None else "received"
    columns = [sort] if isinstance(sort, str) else sort or [usual]
    return _pages(world, in_order(rows, columns, descending=descending), limit, _note(world, where, rows), total=total)


def work_list(
    world: World, *, role: str | None = None, contractor: str | None = None, limit: int = 50, total: bool = False
) -> list[dict[str, Any]]:
    """All pages of what waits for this role or contractor."""
    flows = world.of_demands
    if role is not None and role not in {state.owner for flow in flows.values() for state in flow.states} - {None}:
        raise InvalidValue("role", role)
    rows = [row_of(demand) for demand in world.demands.values()]
    where = {"contractor": contractor, "open": True}
    rows = [row for row in rows if matches(world, row, where)]
    if role is not None:
        rows = [row for row in rows if flows[row["workflow"]].state(row["state"]).owner == role]
    elif contractor is not None:
        rows = [row for row in rows if row["state"] in _for_contractors(flows[row["workflow"]])]
    return _pages(world, in_order(rows, ["due"]), limit, _note(world, where, rows), total=total)


def deadlines(world: World, at: datetime | None = None, **where: Any) -> dict[str, Any]:
    """How many open demands were due before a moment, are due from then on, or have no due moment."""
    if where.get("closed") is not None or (at is not None and _is_past(world, at)):
        raise InvalidValue("at", "is past")
    when = (at or world.clock.now).astimezone(UTC)
    where = {name: as_recorded(word) if isinstance(word, str) else word for name, word in where.items()}
    rows = [row_of(demand) for demand in world.demands.values()]
    rows = [row for row in rows if matches(world, row, {**where, "open": True})]
    dues = [row["due"] for row in rows]
    passed, coming = ([due for due in dues if due is not None and (due < when) is past] for past in (True, False))
    undated = sum(bool(row["undated"]) for row in rows)
    numbers = {"overdue": len(passed), "not_yet_due": len(coming), "no_due": dues.count(None), "undated": undated}
    note = _note(world, where, rows)
    said = f"{len(passed)} overdue, {len(coming)} not yet due, {dues.count(None)} without a due moment"
    said += f", {undated} with a clock whose calendar does not know the year" if undated else ""
    said = f"at {when:%Y-%m-%d %H:%M} UTC: {said}" + (f"; {note}" if note else "")
    return {"at": as_text(when), **numbers, "note": note, "str": said}


def _had_passed(world: World, due: datetime, now: datetime, points: Iterable[date | str]) -> bool:
    """Whether it was over by now, and by the end of each of these points in time: a day is over at its very end."""
    return due < now and all(world.by(due, one) and due != one for one in points)


def _is_past(world: World, at: datetime) -> bool:
    """Whether it is a moment that the demands as they are now tell nothing of."""
    return at < world.clock.now and any(demand.last > at for demand in world.demands.values() if demand.last)


def _for_contractors(flow: Workflow) -> list[str]:
    """The open states from which a move of their own is a contractor's; all open ones, if there are none."""
    own = [move for move in flow.moves if Role.CONTRACTOR in move.roles and isinstance(move.from_, str | tuple)]
    theirs = {name for move in own for name in sources(move, flow.states)}
    names = [state.name for state in flow.states if state.ended_as is None]
    return [name for name in names if name in theirs or not theirs]


def _check_words(world: World, where: dict[str, Any]) -> None:
    """Raise InvalidValue for a word that no demand can have."""
    flows = world.of_demands.values()
    possible: dict[str, Iterable[str]] = {
        "workflow": world.of_demands,
        "state": [state.name for flow in flows for state in flow.states],
        "stage": Stage,
        "ended_as": ENDS,
        "clock": [clock.name for flow in flows for clock in flow.clocks],
    }
    for name, words in possible.items():
        if where.get(name) is not None and where[name] not in [*words]:
            raise InvalidValue(name, where[name])
    if not {*(where.get("own") or ())} <= own_fields(world):
        raise InvalidValue("own", "no fact has such a field")


def own_fields(world: World) -> set[str]:
    """The fields of the workflow's own facts that the standard fact, if they extend one, does not have."""
    names = set[str]()
    for fact in {move.fact for flow in world.of_demands.values() for move in flow.moves} - {*STANDARD_FACTS}:
        names |= own_of_class(fact)
    return names


def _is_due(row: Row) -> bool:
    return row["ended_as"] is None and row["due"] is not None


def _pages(world: World, rows: list[Row], limit: int, note: str, *, total: bool) -> list[dict[str, Any]]:
    """The rows page by page; the note is on the first."""
    answer = []
    for begin in range(0, max(len(rows), 1), limit):
        page, follow, number = rows[begin : begin + limit], len(rows) > begin + limit, len(rows) if total else None
        more = f" of {number}" if total else ", and more" if follow else ""
        lines = [
            f"demands: {len(page)}{more}",
            *(f"  {line_of(row)}" for row in page),
            *([f"  {note}"] if note else []),
        ]
        shown = [{name: as_text(value) for name, value in row.items()} for row in page]
        parked = tuple(row["demand"] for row in page if row["demand"] in world.parked)
        what = {"total": number, "csv": as_csv(page), "parked": parked, "note": note, "str": "\n".join(lines)}
        answer.append({"rows": shown, "next": follow, **what})
        note = ""
    return answer


def _shown_pages(pages: list[Any]) -> list[dict[str, Any]]:
    """All that is on the pages, and whether more follow."""
    return [
        {
            **shown_fields(page),
            "rows": [_shown_row(row) for row in page.rows],
            "next": page.next is not None,
            "str": str(page),
            "csv": page.as_csv(),
        }
        for page in pages
    ]


def _shown_row(row: Any) -> dict[str, Any]:
    shown = {**shown_fields(row), "own": dict(row.own)}
    del shown["own_json"]  # the same as it is kept
    return shown


def _note(world: World, where: dict[str, Any], rows: list[Row]) -> str:
    """Of nothing: which words that were asked for no demand ever had, and which are spelt like them."""
    names = ("place", "category", "channel", "lead", "contractor", "resident", "urgency")
    asked = {name: where[name] for name in names if not rows and as_recorded(where.get(name) or "")}
    return "; ".join(_unheard(world, name, word) for name, word in asked.items() if not _was_heard(world, name, word))


def _was_heard(world: World, name: str, wanted: str) -> bool:
    """Whether a demand ever had the word: who has the work or asked for it, and how urgent it is, is seen only now."""
    ever = any(fits(world, {name: word, "co_handlers": ()}, name, wanted) for word in _ever(world, name))
    now = name not in IN_SLICES and any(fits(world, row_of(one), name, wanted) for one in world.demands.values())
    return ever or now


def _ever(world: World, name: str) -> set[str]:
    """All words that a demand ever had there."""
    field = "lead" if name == "contractor" else name
    return {str(seen[field]) for seen in ever_seen(world) if seen[field]} if field in IN_SLICES else set()


def _unheard(world: World, name: str, wanted: str) -> str:
    if name == "resident":
        words = set()
    elif name == "urgency":
        words = {str(one.urgency) for one in world.demands.values() if one.urgency}
    else:
        words = _ever(world, name)
    parts = {"/".join(word.split("/")[:depth]) for word in words for depth in range(1, word.count("/") + 2)}
    alike = get_close_matches(wanted, sorted(parts), n=3)
    known = f" (there is {', '.join(alike)})" if alike else ""
    shown = repr(wanted) if len(repr(wanted)) <= 80 else f"{wanted!r:.77}…"
    return f"no demand {'has' if name == 'urgency' else 'ever had'} the {name} {shown}{known}"


QUESTIONS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "board": (board, _shown_pages),
    "work_list": (work_list, _shown_pages),
    "deadlines": (deadlines, lambda answer: {**shown_fields(answer), "str": str(answer)}),
}
