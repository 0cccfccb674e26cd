"""The laws that hold for every workflow, as one list, and those that you make of your own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from demandflow.domain.checks.parts import wrong_function
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import Rule
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.testing.laws.calendar_law import a_calendar_counts_as_the_model_does
from demandflow.testing.laws.directories import a_directory_answers_as_its_pages_say
from demandflow.testing.laws.kept import a_fact_said_in_words_is_the_same, a_workflow_kept_in_a_file_is_the_same
from demandflow.testing.laws.relations import RELATIONS
from demandflow.testing.laws.shown import a_figure_is_what_its_definition_says, a_table_shows_the_figures
from demandflow.testing.playing.law import Law, Played, law

OURS = (
    *RELATIONS,
    a_calendar_counts_as_the_model_does,
    a_fact_said_in_words_is_the_same,
    a_workflow_kept_in_a_file_is_the_same,
    a_table_shows_the_figures,
    a_figure_is_what_its_definition_says,
    a_directory_answers_as_its_pages_say,
)
LAWS: tuple[Law, ...] = tuple(replace(one, code=f"law_named({one.name!r})", needs=()) for one in OURS)
Where: TypeAlias = str | type[Fact]
Rules: TypeAlias = Iterable[Rule] | Mapping[Any, Rule | Iterable[Rule]]
"""Rules for all steps; or, by the name or the meaning of a move or by the class of its fact, for those."""
Own: TypeAlias = Iterable[Law | Callable[[Played], None]]


def laws(workflow: Workflow, *, rules: Rules = (), also: Own = ()) -> tuple[Law, ...]:
    """The laws that the workflow must keep: those of every workflow, then that no way leads round your own rules.

    `rules` are business rules that no recorded step may break, by whatever move it came: several for all steps, or a
    mapping that says for which, `{"accepted": nobody_audits_their_own_demand}`. `also` are laws of your own: functions
    of what was played that raise AssertionError. Raises InvalidValue.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    if not isinstance(also, Iterable) or not all(callable(one) or isinstance(one, Law) for one in also):
        raise InvalidValue("also", f"must be several functions, got {brief(also)}")
    own = [one if isinstance(one, Law) else law(one) for one in also]
    return (*LAWS, *(no_way_round(rule, at) for at, rule in _pairs(workflow, rules)), *own)


def law_named(name: str) -> Law:
    """The law of this name, of those that hold for every workflow. Raises InvalidValue."""
    known = {one.name: one for one in LAWS}
    if name not in known:
        raise InvalidValue("law", f"{brief(name)} is none (possible: {listed(known)})")
    return known[name]


def no_way_round(rule: Rule, at: Where | None = None) -> Law:
    """The law that nothing is recorded to which the rule objects, maybe only by moves of a name, meaning or fact."""
    word = getattr(rule, "__name__", "a_rule")

    def holds(played: Played) -> None:
        for done in played.done:
            if done.recorded and _concerns(at, done.recorded[0]):
                objection: object = rule(done.expected.before, done.expected.proposal)
                if objection is not None and not isinstance(objection, str):
                    problem = f"must return a sentence or None, it returned {brief(objection)}"
                    raise InvalidValue(f"rule {word}", problem)
                if objection is not None:
                    raise AssertionError(f"{done.step.move} by {done.step.by.id} was recorded, although {objection}")

    place = at.__name__ if isinstance(at, type) else at or ""
    inside = word if at is None else f"{word}, {place if isinstance(at, type) else repr(at)}"
    says = (rule.__doc__ or word).strip().partition("\n")[0]
    name = f"no way round: {word.replace('_', ' ')}" + (f", at {place}" if place else "")
    needs: tuple[object, ...] = (rule, at) if isinstance(at, type) else (rule,)
    return Law(name, says, holds, f"no_way_round({inside})", needs)


def _pairs(workflow: Workflow, rules: Rules) -> Iterator[tuple[Where | None, Rule]]:
    if not isinstance(rules, Iterable):
        raise InvalidValue("rules", f"must be several rules, or a mapping, got {brief(rules)}")
    places: Iterable[tuple[Any, Any]] = rules.items() if isinstance(rules, Mapping) else [(None, rules)]
    for at, several in places:
        _check_place(workflow, at)
        for rule in (several,) if callable(several) else several:
            if not callable(rule):
                raise InvalidValue("rules", f"{brief(rule)} is no rule; give a function that objects, or returns None")
            for wrong, remedy in wrong_function("rule", rule):
                raise InvalidValue("rules", f"{wrong}; {remedy}")
            yield at, rule


def _check_place(workflow: Workflow, at: object) -> None:
    """Raise InvalidValue where no step of the workflow can be of this name, meaning or fact."""
    known = {word for move in workflow.moves for word in (move.name, *move.meanings)}
    if isinstance(at, str) and at not in known:
        raise InvalidValue("rules", f"no move is named {at!r} or means it (possible: {listed(sorted(known))})")
    if isinstance(at, type) and not any(issubclass(move.fact, at) for move in workflow.moves):
        facts = listed(sorted(fact.__name__ for fact in workflow.facts))
        raise InvalidValue("rules", f"no move records {at.__name__} (possible: {facts})")


def _concerns(at: Where | None, event: Event) -> bool:
    if at is None:
        return True
    if isinstance(at, type):
        return isinstance(event.fact, at)
    return at == event.stamp.move or at in (event.stamp.means or ())
