"""How a demand must look, read off all that was recorded of it at once: searched for, not folded step by step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from demandflow.domain.clocks.states import PAUSED, RUNNING
from demandflow.domain.demand import Demand, Round, Subject, Work
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import (
    ContractedOut,
    Corrected,
    DetailsAsked,
    Evaluated,
    Extended,
    ExtensionAsked,
    HandedBack,
    LetGo,
    Merged,
    Registered,
    Reported,
    Resumed,
    Sorted,
    Supported,
    SupportEnded,
    Suspended,
    TakenOn,
    TookIn,
    Unmerged,
)
from demandflow.testing.model.meanings import grade_means, score_means
from demandflow.testing.model.shared import moments_of, shared

Found = tuple[Event, Any]
"""An event and its fact as it should have been recorded."""

PARTS = ("stamp", "subject", "work", "this_round")
"""The fields of a demand that hold what belongs together; of the stamp, these are part of the picture."""
STAMPED = ("state", "stage", "ended_as", "round", "due")
BY_CONTRACTORS = (TakenOn, HandedBack, DetailsAsked, ExtensionAsked, Suspended, Resumed, Reported)
CORRECTED: dict[str, tuple[type[Fact], ...]] = {
    "channel": (Registered,),
    "place": (Registered, Sorted),
    "category": (Registered, Sorted),
    "contractor": (ContractedOut,),
    "resolved": (Reported, Evaluated),
    "grade": (Evaluated,),
    "scores": (Evaluated,),
}
"""What a correction says, and of which facts."""


def picture(events: Sequence[Event]) -> dict[str, Any]:
    """Every field of the demand, by its name, after these events (all of one demand, in order)."""
    told: list[Found] = [*zip(events, as_right(events), strict=True)]
    here = _this_round(told)
    moments = moments_of(events)
    register: Any = told[0][1]
    place = _last(told, lambda _, f: isinstance(f, Registered | Sorted) and f.place is not None)
    category = _last(told, lambda _, f: isinstance(f, Registered | Sorted) and f.category is not None)
    evaluation, report = _last_fact(here, Evaluated), _last_fact(here, Reported)
    work, contract = _last_fact(told, ContractedOut), _in_hand(told)
    moved = [n for n, event in enumerate(events) if n == 0 or event.stamp.state != events[n - 1].stamp.state]
    suspended = [f for e, f in told[moved[-1] :] if isinstance(f, Suspended)]
    asked_longer, answered = _last_fact(here, ExtensionAsked), _last_fact(here, (ContractedOut, Extended))
    waits = asked_longer is not None and (answered is None or answered[0].version < asked_longer[0].version)
    told_at = _last(here, lambda e, _: "told" in _means(e))
    missed = [e for e, _ in here if "callback_missed" in _means(e)]
    supervised = _last(told, lambda e, _: bool({"taken_over", "reopened"} & set(_means(e))))
    merging = _last_fact(told, (Merged, Unmerged))
    seen: dict[str, Any] = {
        **shared(events, [fact for _, fact in told]),
        **{name: getattr(events[-1].stamp, name) for name in STAMPED},
        "received": moments[0],
        "told_at": moments[told_at[0].version - 1] if told_at else None,
        "review": suspended[-1].review if suspended else None,
        "extension_asked": asked_longer[1].until if asked_longer and waits else None,
        **{name: getattr(register, name) for name in ("text", "channel", "resident", "representative")},
        **{name: getattr(register, name) for name in ("source", "reference")},
        "shared_with": register.shared_with or (),
        "urgency": next((f.urgency for _, f in reversed(told) if getattr(f, "urgency", None)), None),
        "place": place[1].place if place else None,
        "place_from": place[0].version if place else 0,
        "category": category[1].category if category else None,
        "category_from": category[0].version if category else 1,
        "contractor": contract.contractor if contract else None,
        "lead": work[1].contractor if work else None,
        "contractor_from": work[0].version if work else 0,
        "co_handlers": (contract.co_handlers or ()) if contract else (),
        "contracts": tuple((e.version, f.contractor) for e, f in told if isinstance(f, ContractedOut)),
        "workers": _workers(events),
        "auditors": frozenset(
            name for e in events if "accepted" in _means(e) for name in (e.meta.actor.id, e.meta.actor.unit) if name
        ),
        "clerks": frozenset(
            e.meta.actor.id for e, f in told if "told" in _means(e) or (isinstance(f, Registered) and not _resident(e))
        ),
        "handbacks": sum(isinstance(f, HandedBack) for _, f in told),
        "missed_callbacks": sum(_means(e).count("callback_missed") for e in missed),
        "missed_at": moments[missed[-1].version - 1] if missed else None,
        "audited": _audited(events),
        "asked": any({"asked", "evaluated"} & set(_means(e)) for e, _ in here),
        "evaluated": any("evaluated" in _means(e) for e, _ in here),
        "resolved": evaluation[1].resolved if evaluation else None,
        "grade": evaluation[1].grade if evaluation else None,
        "grade_means": grade_means(events, evaluation[0]) if evaluation else None,
        "scores": (evaluation[1].scores or ()) if evaluation else (),
        "score_means": score_means(events, evaluation[0]) if evaluation else (),
        "evaluation_from": evaluation[0].version if evaluation else 0,
        "reported_resolved": report[1].resolved if report else None,
        "report_from": report[0].version if report else 0,
        "escalated": any("escalated" in _means(e) for e, _ in here),
        "taken_over": supervised is not None and _last_of(_means(supervised[0]), "taken_over", "reopened"),
        "merged_into": merging[1].into if merging and isinstance(merging[1], Merged) else None,
        "took_in": tuple(f.demand for f in _taken_in(told)),
        "joined": tuple((f.demand, name) for f in _taken_in(told) for name in f.residents or ()),
        "supporters": tuple(_supporters(told)),
        "supporters_from": tuple(_supporters(told).values()),
        "state_from": events[moved[-1]].version,
        "evaluators": frozenset(
            name
            for e, f in told
            if isinstance(f, Evaluated)
            for name in (e.meta.actor.id, e.meta.actor.unit, f.written_by)
            if name
        ),
    }
    return seen


def demand_of(events: Sequence[Event]) -> Demand:
    """The demand of that picture."""
    seen = picture(events)
    parts = {"subject": Subject, "work": Work, "this_round": Round}
    made = {part: kind(**{name: seen.pop(name) for name in kind.__struct_fields__}) for part, kind in parts.items()}
    for name in STAMPED:
        del seen[name]
    return Demand(**seen, **made, stamp=events[-1].stamp)


def differences(demand: Demand, events: Sequence[Event]) -> list[str]:
    """Where the demand does not look as what was recorded of it says."""
    seen = picture(events)
    parts = [demand, demand.subject, demand.work, demand.this_round]
    names = {name for part in parts for name in part.__struct_fields__} - {*PARTS}
    assert names | {*STAMPED} == set(seen), "the picture shows other fields than a demand has"
    parts.append(demand.stamp)
    pairs = ((name, want, _held(parts, name)) for name, want in seen.items())
    return [f"{name}: {want!r} expected, got {got!r}" for name, want, got in pairs if want != got]


def _held(parts: Sequence[Any], name: str) -> Any:
    return next(getattr(part, name) for part in parts if name in part.__struct_fields__)


def next_due(seen: dict[str, Any]) -> tuple[datetime | None, str | None]:
    """The next due moment of such a picture, and which clock has it: none, where it is that of the whole."""
    dues = [(one.due, one.clock) for one in seen["clocks"] if one.status == RUNNING and one.due is not None]
    rests = [(one.due, one.clock, one.since) for one in seen["clocks"] if one.status == PAUSED and one.due is not None]
    dues += [(due, clock) for due, clock, since in rests if not since < due]
    # where both are due at once, it is the clock's
    dues += [(seen["due"], None)] if seen["due"] is not None else []
    return min(dues, key=lambda pair: (pair[0], pair[1] is None, pair[1]), default=(None, None))


def as_right(events: Sequence[Event]) -> list[Fact]:
    """The facts, each with what later corrections say it should have said."""
    facts: list[Fact] = [event.fact for event in events]
    for correction in events:
        if isinstance(correction.fact, Corrected) and 1 <= correction.fact.event < correction.version:
            wrong = facts[correction.fact.event - 1]
            for name, kinds in CORRECTED.items():
                if (value := getattr(correction.fact, name)) is not None and isinstance(wrong, kinds):
                    if name == "scores":
                        kept = [one for one in wrong.scores or () if one[0] not in dict(value)]  # type: ignore[attr-defined]
                        value = tuple(sorted([*kept, *value]))
                    wrong = wrong.model_copy(update={name: value})
            if correction.fact.own and not isinstance(wrong, Corrected):
                wrong = told_otherwise(wrong, correction.fact.own)
            facts[correction.fact.event - 1] = wrong
    return facts


def told_otherwise(fact: Fact, own: Iterable[tuple[str, Any]]) -> Fact:
    """The fact, had it said this in its own fields. Raises ValueError if its class does not take it."""
    said = json.loads(fact.model_dump_json(exclude_none=True))
    return type(fact).model_validate_json(json.dumps({**said, **dict(own)}))


def _this_round(told: list[Found]) -> list[Found]:
    """What was recorded since the present round began; what began it belongs to the one before."""
    began = [n for n in range(1, len(told)) if told[n][0].stamp.round != told[n - 1][0].stamp.round]
    return told[began[-1] + 1 :] if began else told


def _audited(events: Sequence[Event]) -> bool:
    passed = max((n for n, event in enumerate(events) if "accepted" in _means(event)), default=None)
    if passed is None:
        return False
    back = (n for n in range(max(passed, 1), len(events)) if events[n].stamp.round != events[n - 1].stamp.round)
    return all(events[n].stamp.stage != "audit" for n in back)


def _workers(events: Sequence[Event]) -> frozenset[str]:
    """Who worked on it: helpers, who reported, and who did a contractor's work, with those for whom they did it."""
    found: set[str] = set()
    for n, event in enumerate(events):
        actor, fact = event.meta.actor, event.fact
        if isinstance(fact, ContractedOut):
            found.update(fact.co_handlers or ())
        if isinstance(fact, BY_CONTRACTORS):
            contract = _in_hand([*zip(events[:n], as_right(events[:n]), strict=True)])
            with_whom = {contract.contractor, *(contract.co_handlers or ())} if contract else set()
            given = with_whom & {actor.id, actor.unit}
            if isinstance(fact, Reported) or given:
                found.update((actor.id, *given))
    return frozenset(found)


def _in_hand(told: list[Found]) -> ContractedOut | None:
    """By which contract the work is in somebody's hands; None if it was not given, or was handed back."""
    work, handed = _last_fact(told, ContractedOut), _last_fact(told, HandedBack)
    return None if work is None or (handed and handed[0].version > work[0].version) else cast(ContractedOut, work[1])


def _resident(event: Event) -> bool:
    return event.meta.actor.role == "resident"


def _taken_in(told: list[Found]) -> list[TookIn]:
    """How the demands that were not let go since were taken in."""
    return [
        f
        for n, (_, f) in enumerate(told)
        if isinstance(f, TookIn) and not any(isinstance(g, LetGo) and g.demand == f.demand for _, g in told[n:])
    ]


def _supporters(told: list[Found]) -> dict[str, int]:
    """Who said that they support it and did not take it back since, each with the event that first says so."""
    still: dict[str, int] = {}
    for n, (event, f) in enumerate(told):
        if isinstance(f, Supported) and not any(isinstance(g, SupportEnded) and g.who == f.who for _, g in told[n:]):
            still.setdefault(f.who, event.version)
    return still


def _means(event: Event) -> tuple[str, ...]:
    return event.stamp.means or ()


def _last_of(means: tuple[str, ...], this: str, other: str) -> bool:
    """Whether it is this one that comes last of the two."""
    return next(meaning for meaning in reversed(means) if meaning in (this, other)) == this


def _last(told: list[Found], fits: Callable[[Event, Any], bool]) -> Found | None:
    return next((one for one in reversed(told) if fits(*one)), None)


def _last_fact(told: list[Found], kind: Any) -> Found | None:
    return _last(told, lambda _, fact: isinstance(fact, kind))
