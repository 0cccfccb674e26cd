"""The rules of the county's kinds and workflows once more, by name: whether each objects; its words are not told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from demandflow.domain.county.people.commitments import Promised
from demandflow.domain.moves import Proposal
from demandflow.testing.model import rules
from demandflow.testing.model.rules import given_to, handled, is_one_of, residents

COUNTY = "demandflow.domain.county."
PEOPLE = ("volunteer", "member", "resident")
P = Proposal[Any]


def named(people: Iterable[Any]) -> set[str]:
    """Who they are."""
    return {one.who for one in people}


def taking_part(p: P) -> list[str]:
    """All of whom it is said."""
    return [p.fact.who] if isinstance(p.fact.who, str) else [*p.fact.who]


def promiser(d: Any) -> Any:
    """Who promised it."""
    return d.attributes.get("promiser")


def date_of(d: Any) -> datetime | None:
    """When it is to be kept, as its clock has it last."""
    due: list[datetime | None] = [one.due for one in d.clocks if one.clock == "promise"]
    return due[-1] if due else None


def pages(d: Any) -> dict[str, Any]:
    """All places of a directory, by their paths."""
    return {one.path: one for one in d.places}


def standing(d: Any) -> set[str]:
    """The paths of those that are there."""
    return {path for path, one in pages(d).items() if one.until is None}


def parent(path: str) -> str:
    """In which it lies."""
    return "/".join(path.split("/")[:-1])


def below(d: Any, path: str) -> list[str]:
    """What lies directly in it."""
    return [one for one in standing(d) if parent(one) == path]


def old(p: P) -> list[str]:
    """The places to which it happens."""
    return [*getattr(p.fact, "places", ())] or [p.fact.place]


def new(p: P) -> list[str]:
    """The places that are new by it."""
    said = getattr(p.fact, "into", getattr(p.fact, "to", None)) or p.fact.place
    return [*said] if isinstance(said, tuple) else [said]


def moves(p: P) -> list[tuple[str, str]]:
    """What goes where."""
    return [(str(child), str(to)) for child, to in getattr(p.fact, "moves", ())]


def in_office(d: Any, path: str) -> list[str]:
    """Who is responsible for it."""
    return [one.who for one in pages(d)[path].terms if one.until is None] if path in pages(d) else []


def double(several: Iterable[Any]) -> bool:
    """Whether one of them comes twice."""
    return len({*several}) < len([*several])


def walked(r: Any, p: P) -> dict[str, Any]:
    """The round as it would be known after it was said."""
    known = {"grid": r.grid, "since": r.began, "until": r.until, "minutes": r.minutes, "demands": r.demands}
    known |= {"found": r.found if p.fact.demands is None else len(p.fact.demands), "took_place": r.took_place}
    return known | {name: value for name, value in vars(p.fact).items() if name in known and value is not None}


def lasted(r: Any, p: P) -> timedelta | None:
    """For how long it was walked, if that is said."""
    said = walked(r, p)
    return said["until"] - said["since"] if said["until"] and said["since"] else None


OBJECTS: dict[str, Callable[[Any, P], Any]] = {
    # activities
    "it_starts_later": lambda a, p: p.fact.starts <= p.at,
    "it_has_not_begun": lambda a, p: a.starts is not None and a.starts <= p.at,
    "it_has_begun": lambda a, p: a.starts is not None and p.at < a.starts,
    "there_is_a_place_or_a_waiting_list": lambda a, p: (
        a.places is not None and a.places <= len(a.asked) and not a.waiting_list
    ),
    "nobody_joins_twice": lambda a, p: p.fact.who in named(a.asked),
    "only_who_joined_leaves": lambda a, p: p.fact.who not in named(a.asked),
    "attendance_is_written_down_once": lambda a, p: p.fact.who in named(a.attended),
    "it_was_written_down": lambda a, p: p.fact.who not in named(a.attended),
    # volunteers and teams
    "people_speak_for_themselves": lambda _, p: p.by.role in PEOPLE and p.by.id != p.fact.who,
    "nobody_signs_for_themselves": lambda _, p: is_one_of(p.by, *taking_part(p)),
    "it_is_their_own": lambda v, p: p.by.role in PEOPLE and p.by.id != v.who,
    "nobody_verifies_themselves": lambda v, p: is_one_of(p.by, v.who),
    "it_says_something": lambda _, p: not any(value is not None for value in vars(p.fact).values()),
    "only_members_report_in": lambda v, p: not v.member,
    "once_a_community": lambda v, p: p.fact.community in v.reported_in,
    "nobody_joins_a_team_twice": lambda t, p: p.fact.who in t.members,
    "only_who_is_on_the_team_leaves_it": lambda t, p: p.fact.who not in t.members,
    "it_was_done_by_the_team": lambda t, p: (
        not {*p.fact.who} <= {*t.members} or sorted({*p.fact.who}) != sorted(p.fact.who)
    ),
    "it_has_its_own_name": lambda _, p: p.fact.report != f"{p.fact.home}, {p.fact.period}",
    # rounds and patrols
    "nobody_corrects_their_own_round": lambda r, p: p.by.id == r.who,
    "another_person_checks": lambda d, p: is_one_of(p.by, *handled(d)) or p.by.id in d.clerks,
    "it_is_over_when_it_is_recorded": lambda r, p: (
        (took := lasted(r, p)) is None or not timedelta(0) <= took <= timedelta(days=1) or walked(r, p)["until"] > p.at
    ),
    "it_was_walked_while_it_lasted": lambda r, p: (
        (took := lasted(r, p)) is not None and timedelta(minutes=walked(r, p)["minutes"] or 0) > took
    ),
    "each_demand_is_one_find": lambda r, p: (
        double(walked(r, p)["demands"]) or walked(r, p)["found"] < len(walked(r, p)["demands"])
    ),
    "a_correction_says_something": lambda r, p: (
        [*walked(r, p).values()] == [r.grid, r.began, r.until, r.minutes, r.demands, r.found, r.took_place]
    ),
    # directories
    "a_name_is_never_used_again": lambda d, p: {*new(p)} & {*pages(d)},
    "it_lies_in_a_place_that_is_there": lambda d, p: parent(p.fact.place) not in standing(d),
    "a_community_says_its_type": lambda _, p: (
        p.fact.type not in ("plate", "unit") if p.fact.kind == "community" else p.fact.type is not None
    ),
    "it_is_there": lambda d, p: not {*old(p)} <= standing(d),
    "something_was_counted": lambda _, p: (
        {*p.fact.model_fields_set} <= {"place"} or {*vars(p.fact).values()} == {p.fact.place, None}
    ),
    "the_whole_stays": lambda d, p: d.county in old(p),
    "what_comes_of_it_lies_beside_it": lambda _, p: len({parent(one) for one in (*old(p), *new(p))}) > 1,
    "each_is_named_once": lambda _, p: double(old(p)) or double(new(p)) or double([one for one, _ in moves(p)]),
    "each_place_below_goes_to_one_of_the_new": lambda d, p: (
        {one for one, _ in moves(p)} != {*below(d, p.fact.place)} or not {to for _, to in moves(p)} <= {*new(p)}
    ),
    "joined_places_are_alike": lambda d, p: (
        len({(pages(d)[one].kind, pages(d)[one].type) for one in old(p) if one in pages(d)}) > 1
        or double([one.split("/")[-1] for path in old(p) if path in pages(d) for one in below(d, path)])
    ),
    "nothing_lies_below_it": lambda d, p: below(d, p.fact.place),
    "its_demands_go_where_somebody_is": lambda d, p: (
        p.fact.demands_go_to is not None and p.fact.demands_go_to not in standing(d) - {p.fact.place}
    ),
    "they_are_not_in_office": lambda d, p: p.fact.who in in_office(d, p.fact.place),
    "they_are_in_office": lambda d, p: p.fact.who not in in_office(d, p.fact.place),
    # requests
    "somebody_asks": lambda _, p: p.fact.resident is None,
    "it_begins_before_it_ends": lambda _, p: (
        (p.fact.starts is None) != (p.fact.ends is None) or (p.fact.starts and p.fact.starts >= p.fact.ends)
    ),
    "it_is_offered_to_somebody_else": lambda d, p: given_to(p) & residents(d),
    "who_asked_for_it_does_not_do_it": lambda d, p: p.by.id in residents(d),
    # commitments
    "somebody_is_promised_something": lambda _, p: (
        p.fact.resident is None
        or p.fact.promiser in (p.fact.resident, p.fact.representative, *(p.fact.shared_with or ()))
    ),
    "nobody_promises_for_another": lambda _, p: p.by.role == "contractor" and not is_one_of(p.by, p.fact.promiser),
    "nobody_audits_their_own_promise": lambda d, p: is_one_of(p.by, promiser(d)),
    "it_is_given_to_who_promised": lambda d, p: p.fact.contractor != promiser(d) or p.fact.co_handlers,
    "it_stays_with_who_promised": lambda d, p: bool(
        {p.fact.contractor, dict(p.fact.own or ()).get("promiser")} - {None, promiser(d)}
    ),
    "the_date_is_to_come": lambda d, p: (
        (date := p.fact.due if isinstance(p.fact, Promised) else date_of(d)) is not None and p.at >= date
    ),
    "it_can_be_made_good_until_its_date": lambda d, p: p.fact.due != date_of(d),
    "the_date_has_passed": lambda d, p: (date := date_of(d)) is None or p.at <= date,
    "it_is_withdrawn_in_time": lambda d, p: (
        d.contractor is not None and (date := date_of(d)) is not None and p.at > date
    ),
    "the_date_is_not_moved": lambda _, p: p.fact.due is not None,
    "only_who_promised": lambda d, p: not is_one_of(p.by, promiser(d)),
    "a_claim_says_that_it_was_kept": lambda _, p: not p.fact.resolved,
    "a_withdrawal_says_why": lambda _, p: p.fact.reason is None,
}
ALSO: dict[str, Callable[[Any, P], Any]] = {
    "every_word_of_its_form_is_checked": lambda i, _: (
        i.written is not None and i.written.form is not None and json.loads(i.written.form).get("type") != "object"
    ),
}
"""When they object at least."""


WITH_A_NUMBER: dict[str, Callable[[Any, P, int], Any]] = {
    "nobody_is_asked_for_ever": lambda d, _, n: d.handbacks >= n,
}
HOLDS: dict[str, Callable[[Any, P, int], Any]] = {
    "the_supervisor_had_it": lambda d, *_: d.taken_over,
    "it_is_in_order": lambda _, p, __: p.fact.in_order,
    "it_is_confirmed": lambda _, p, __: p.fact.resolved,
    "it_was_claimed_in_time": lambda d, p, _: (
        p.fact.resolved and [one.status for one in d.clocks if one.clock == "promise"][-1:] == ["met"]
    ),
    "no_time_is_left": lambda d, p, n: d.round >= n or (date := date_of(d)) is None or p.at >= date,
    "nothing_is_left_to_verify": lambda v, p, _: (
        not is_one_of(p.by, v.who)
        or (
            {*(p.fact.skills or ())} <= {*v.skills}
            and p.fact.occupation in (None, v.occupation)
            and (v.member or not p.fact.member)
        )
    ),
}
"""Conditions."""


def again(function: Callable[..., Any]) -> Callable[[Any, P], Any]:
    """The rule or condition as it is written here, if it is; else itself."""
    name, number = getattr(function, "__name__", ""), next(iter(getattr(function, "made_with", {}).values()), 0)
    if not getattr(function, "__module__", "").startswith(COUNTY):
        return rules.again(function)
    if name in HOLDS:
        return lambda d, p: bool(HOLDS[name](d, p, number))
    if name in WITH_A_NUMBER:
        return lambda d, p: "no" if WITH_A_NUMBER[name](d, p, number) else None
    if name in ALSO:
        return lambda d, p: "no" if ALSO[name](d, p) else function(d, p)
    return lambda d, p: "no" if OBJECTS[name](d, p) else None
