"""The shape of workflow files as a JSON Schema, for editors and for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from demandflow.domain.rules.parameters import MOST
from demandflow.errors import listed
from demandflow.workflow_files.loading import checked_vocabulary
from demandflow.workflow_files.models import WorkflowTable
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary, numbers_of


class _Untitled(GenerateJsonSchema):
    """Keys are their own titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(vocabulary: Vocabulary = STANDARD_VOCABULARY) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of workflow files that use these names.

    It says the shape; which moves and states make a sound workflow is checked when the file is loaded.
    Raises InvalidValue for what is no Vocabulary.
    """
    checked_vocabulary(vocabulary)
    shape = WorkflowTable.model_json_schema(schema_generator=_Untitled)
    tables = shape["$defs"]
    move, clock = tables["MoveTable"]["properties"], tables["ClockTable"]["properties"]
    move["fact"]["enum"] = list(vocabulary.facts)
    move["rules"]["items"] = _functions("rule", vocabulary.rules)
    move["when"]["anyOf"][0] = _functions("condition", vocabulary.conditions)
    if vocabulary.calendars:
        clock["calendar"]["description"] += f" (registered: {listed(vocabulary.calendars)})"
    tables["CalendarTable"]["required"].remove("name")  # it has the name of its key
    return {"$schema": GenerateJsonSchema.schema_dialect, **shape}


def _functions(what: str, functions: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """The names alone, and each of those that need numbers with its numbers."""
    number = {"type": "integer", "minimum": 1, "maximum": MOST}
    made = [
        {
            "type": "object",
            "properties": {what: {"const": name}, **dict.fromkeys(takes, number)},
            "required": [what, *takes],
            "additionalProperties": False,
        }
        for name, function in functions.items()
        if (takes := numbers_of(function))
    ]
    return {"anyOf": [{"enum": [name for name, one in functions.items() if not numbers_of(one)]}, *made]}
