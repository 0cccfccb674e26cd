"""The shape of workflow files as a JSON Schema, for editors and for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from demandflow.domain.moves import ENDS, MEANINGS
from demandflow.domain.numbered import MOST
from demandflow.domain.values import Stage
from demandflow.errors import InvalidValue, brief
from demandflow.workbench.vocabulary import STANDARD_VOCABULARY, Vocabulary, numbers_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": "string", "minLength": 1}


def schema(vocabulary: Vocabulary = STANDARD_VOCABULARY) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of workflow files that use these names.

    It says the shape; which moves and states make a sound workflow is checked when the file is loaded.
    Raises InvalidValue for what is no Vocabulary.
    """
    if not isinstance(vocabulary, Vocabulary):
        raise InvalidValue("vocabulary", f"must be a Vocabulary, got {brief(vocabulary)}")
    properties = {
        "name": {**TEXT, "pattern": "^[^@]+$", "description": "demands are stamped with name@version"},
        "version": {"type": "integer", "minimum": 1},
        "tells_nobody": {"type": "boolean", "description": "residents are not told here what was reported"},
        "states": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/state"}},
        "moves": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/move"}},
    }
    return {
        "$schema": DIALECT,
        "title": "demandflow workflow",
        "description": "What may happen to a demand, by whom, and what it means.",
        **_table(properties, "name", "version", "states", "moves"),
        "$defs": {
            "state": _state(),
            "move": _move(),
            "rule": _functions("rule", vocabulary.rules),
            "condition": _functions("condition", vocabulary.conditions),
            "fact": {"enum": list(vocabulary.facts)},
        },
    }


def _table(properties: dict[str, Any], *needed: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def _one_or_several(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "uniqueItems": True, **more}]}


def _state() -> dict[str, Any]:
    properties = {
        "name": TEXT,
        "waits_for": {"enum": [stage.value for stage in Stage]},
        "owner": {"type": "string", "description": "the role whose turn it is"},
        "ended_as": {"enum": list(ENDS)},
    }
    return _table(properties, "name", "waits_for")


def _move() -> dict[str, Any]:
    properties = {
        "name": TEXT,
        "fact": {"$ref": "#/$defs/fact", "description": "what happened"},
        "from": {
            **_one_or_several(TEXT, minItems=1),
            "description": "a state, several, or one of START, WHILE_OPEN and ANYWHERE",
        },
        "to": {**TEXT, "description": "a state, BACK (where it came from) or STAY"},
        "by": {**_one_or_several(TEXT, minItems=1), "description": "the roles that may make it"},
        "when": {"$ref": "#/$defs/condition", "description": "moves of one name are tried in order; the last has none"},
        "means": {**_one_or_several({"enum": list(MEANINGS)}), "description": "what it means for the figures"},
        "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}, "description": "each may object to it"},
        "silent": {"type": "boolean", "description": "it closes a demand although the resident was not asked"},
    }
    return _table(properties, "name", "fact", "from", "to", "by")


def _functions(what: str, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """The names alone, and each of those that need numbers with its numbers."""
    number = {"type": "integer", "minimum": 1, "maximum": MOST}
    made = [
        _table({what: {"const": name}, **dict.fromkeys(takes, number)}, what, *takes)
        for name, function in functions.items()
        if (takes := numbers_of(function))
    ]
    return {"anyOf": [{"enum": [name for name, one in functions.items() if not numbers_of(one)]}, *made]}
