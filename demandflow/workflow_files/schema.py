"""The shape of workflow files as a JSON Schema, for editors and for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from demandflow.calendars.hours import WEEKDAYS
from demandflow.calendars.spans import Unit
from demandflow.domain.moves import ENDS, MEANINGS
from demandflow.domain.rules.numbered import MOST
from demandflow.domain.values import Stage, Urgency
from demandflow.errors import InvalidValue, brief, listed
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary, numbers_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": "string", "minLength": 1}
DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
HOURS = {**TEXT, "description": 'such as "09:00-12:00 14:00-18:00"'}


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
        "clocks": {"type": "array", "items": {"$ref": "#/$defs/clock"}, "description": "its deadlines"},
        "calendars": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/calendar"},
            "description": "working time, by the names that clocks give it",
        },
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
            "clock": _clock(vocabulary),
            "limit": _limit(),
            "span": {**TEXT, "description": f"a number and one of {listed(Unit)}, as in 3 working days"},
            "calendar": _calendar(),
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


def _clock(vocabulary: Vocabulary) -> dict[str, Any]:
    registered = f" (registered: {listed(vocabulary.calendars)})" if vocabulary.calendars else ""
    properties = {
        "name": TEXT,
        "runs_in": {**_one_or_several(TEXT, minItems=1), "description": "the states in which it runs"},
        "limits": {
            "anyOf": [{"$ref": "#/$defs/limit"}, {"type": "array", "items": {"$ref": "#/$defs/limit"}, "minItems": 1}],
            "description": "how long it gives: the first limit that fits a demand",
        },
        "calendar": {**TEXT, "description": f"the name of one under calendars, or a registered one{registered}"},
        "paused_in": {**_one_or_several(TEXT), "description": "the states in which it rests"},
        "restarts": {**_one_or_several({"enum": list(MEANINGS)}), "description": "it starts anew with these meanings"},
        "extensible": {"type": "boolean", "description": "the due moment that a fact names replaces its own"},
    }
    return _table(properties, "name", "runs_in", "limits", "calendar")


def _limit() -> dict[str, Any]:
    properties = {
        "span": {"$ref": "#/$defs/span"},
        "category": {**TEXT, "description": "for demands of this category, and of all below it"},
        "urgency": {**TEXT, "examples": list(Urgency.USUAL)},
    }
    return {"anyOf": [{"$ref": "#/$defs/span"}, _table(properties, "span")]}


def _calendar() -> dict[str, Any]:
    dates = {"type": "array", "items": DATE, "uniqueItems": True}
    days = {
        "years": {"type": "array", "items": {"type": "integer"}, "description": "about which it says everything"},
        "closed": dates,
        "working": dates,
        "hours": {"type": "object", "propertyNames": DATE, "additionalProperties": HOURS},
    }
    week = {"type": "object", "additionalProperties": HOURS, "description": f"by {listed(WEEKDAYS)}, or Mon-Fri"}
    properties = {
        "name": {**TEXT, "description": "the name under which it stands, if not said"},
        "zone": {**TEXT, "description": "such as Asia/Shanghai"},
        "hours": {"anyOf": [{**TEXT, "description": 'such as "Mon-Fri 08:30-17:00"'}, week]},
        "makeup_hours": {"type": "string", "description": "of days that are worked although their weekday is not"},
        "days": {"type": "array", "items": _table(days), "description": "that differ; later over earlier"},
    }
    return _table(properties, "zone", "hours")


def _functions(what: str, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """The names alone, and each of those that need numbers with its numbers."""
    number = {"type": "integer", "minimum": 1, "maximum": MOST}
    made = [
        _table({what: {"const": name}, **dict.fromkeys(takes, number)}, what, *takes)
        for name, function in functions.items()
        if (takes := numbers_of(function))
    ]
    return {"anyOf": [{"enum": [name for name, one in functions.items() if not numbers_of(one)]}, *made]}
