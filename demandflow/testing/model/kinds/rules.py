"""The rules of the county's kinds and workflows once more, by name: whether each objects; its words are not told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from demandflow.domain.moves import Proposal
from demandflow.testing.model import rules
from demandflow.testing.model.rules import handled, is_one_of

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


def again(function: Callable[..., Any]) -> Callable[[Any, P], Any]:
    """The rule or condition as it is written here, if it is; else itself."""
    name = getattr(function, "__name__", "")
    if not getattr(function, "__module__", "").startswith(COUNTY) or name not in {**OBJECTS, **ALSO}:
        return rules.again(function)
    if name in ALSO:
        return lambda d, p: "no" if ALSO[name](d, p) else function(d, p)
    return lambda d, p: "no" if OBJECTS[name](d, p) else None
