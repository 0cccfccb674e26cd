"""Laws of what is written down, in words or in a file: it is read as the same."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue
from demandflow.testing.playing.law import Played, law
from demandflow.workflow_files.loading import loads
from demandflow.workflow_files.writing import dumps

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
    """Written as TOML or JSON, and read again, it is equal; one whose rules have no names there is refused."""
    for form in ("toml", "json"):
        read = _read_again(played.workflow, form)
        assert read == played.workflow, f"written as {form}, {played.workflow.key} is read as another"


@cache
def _read_again(workflow: Workflow, form: str) -> Workflow:
    """The workflow as it is read from its file; as it is, if a file cannot say it."""
    try:
        text = dumps(workflow, form)
    except InvalidValue as refused:
        if refused.what != workflow.key:
            raise
        return workflow
    return loads(text, form)
