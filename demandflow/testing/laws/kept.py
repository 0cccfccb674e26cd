"""Laws of what is written down, in words or in a file: it is read as the same."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.testing.playing.law import Played, law
from demandflow.workflow_files.loading import loads
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary
from demandflow.workflow_files.writing import dumps

T = TypeVar("T")
PARTS = frozenset(",;、，；\n")
"""What separates the items of a list."""
FREE = frozenset({"text", "words", "reason", "question", "answer"})
"""Fields whose text may have lines, and blanks at its ends that are not kept."""


@law
def a_fact_said_in_words_is_the_same(played: Played) -> None:
    """What a standard fact says is read from words as a form has them, times as the clocks of the zone show them."""
    zone = ZoneInfo(played.flow.zone)
    for event in played.world.log:
        fact = event.fact
        if type(fact) in STANDARD_FACTS:
            words = {name: _said(value, zone) for name, value in fact.__dict__.items()}
            words |= {name: _with_blanks(word) for name, word in words.items() if name in FREE and word is not None}
            read = type(fact).from_words(words, zone.key)
            assert read == fact, f"{fact!r} in words, {words}, is read as {read!r}"


def _with_blanks(text: str) -> str:
    return f"{text}\n" if len(text) % 2 else f" {text}\r\n"


def _said(value: Any, zone: ZoneInfo) -> Any:
    """The value as a word; what has no word as it is."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            local = value.astimezone(zone)
            return (local if local.fold else local.replace(tzinfo=None)).isoformat(" ")
        case tuple() if value and all(isinstance(one, str) and PARTS.isdisjoint(one) for one in value):
            return "; ".join(value)
        case int() | str():
            return str(value)
    return value


@law
def a_workflow_kept_in_a_file_is_the_same(played: Played) -> None:
    """Written as TOML or JSON, and read again, it is equal; what it has of its own is given names for that."""
    for form in ("toml", "json"):
        read = _read_again(played.workflow, form)
        assert read == played.workflow, f"written as {form}, {played.workflow.key} is read as another"


@cache
def _read_again(workflow: Workflow, form: str) -> Workflow:
    """The workflow as it is read from its file; as it is, if a file cannot say it."""
    vocabulary = _with_its_own(workflow)
    try:
        text = dumps(workflow, form, vocabulary)
    except InvalidValue as refused:
        if refused.what != workflow.key or "not registered" in str(refused):
            raise
        return workflow
    return loads(text, form, vocabulary)


def _with_its_own(workflow: Workflow) -> Vocabulary:
    """The standard names, and some for the facts, rules and conditions that have none."""
    ours = STANDARD_VOCABULARY
    facts = [move.fact for move in workflow.moves if ours.name_of(move.fact) is None]
    rules = [rule for move in workflow.moves for rule in move.rules if ours.say_rule(rule) is None]
    whens = [move.when for move in workflow.moves if move.when is not None and ours.say_condition(move.when) is None]
    return ours.with_(facts=_numbered(facts), rules=_numbered(rules), conditions=_numbered(whens))


def _numbered(own: list[T]) -> dict[str, T]:
    return {f"own {number}": one for number, one in enumerate(own)}
