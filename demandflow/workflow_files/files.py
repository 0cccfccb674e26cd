"""Workflows as files: loaded from TOML or JSON and written back, without code in them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief
from demandflow.workflow_files.reading import InvalidFile, workflow_from
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary
from demandflow.workflow_files.writing import json_of, said_of, toml_of


def load(path: str | PathLike[str], vocabulary: Vocabulary = STANDARD_VOCABULARY) -> Workflow:
    """The workflow in a .toml or .json file.

    Raises InvalidFile (an InvalidValue) with every mistake of the file, or InvalidWorkflow with every defect.
    """
    form = _form_of(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidFile(f"{path}, line {line}", (f"is not written in UTF-8 (byte {error.start + 1})",)) from None
    except (OSError, ValueError) as error:
        raise InvalidFile(str(path), (f"cannot be read: {getattr(error, 'strerror', None) or error}",)) from None
    return _workflow(text, form, vocabulary, str(path))


def loads(text: str, form: str = "toml", vocabulary: Vocabulary = STANDARD_VOCABULARY) -> Workflow:
    """The workflow that a text in this form ("toml" or "json") says. Raises as load() does."""
    if not isinstance(text, str):
        raise InvalidValue("text", f"must be a text, got {brief(text)}")
    return _workflow(text, _checked(form), vocabulary, "workflow")


def dump(workflow: Workflow, path: str | PathLike[str], vocabulary: Vocabulary = STANDARD_VOCABULARY) -> None:
    """Write the workflow to a .toml or .json file, so that load() gives an equal one.

    Raises InvalidValue, and writes nothing, if the vocabulary has no name for one of its facts, rules or conditions.
    """
    text = dumps(workflow, _form_of(path), vocabulary)
    try:
        Path(path).write_bytes(text.encode())
    except (OSError, ValueError) as error:
        raise InvalidValue(str(path), f"cannot be written: {getattr(error, 'strerror', None) or error}") from None


def dumps(workflow: Workflow, form: str = "toml", vocabulary: Vocabulary = STANDARD_VOCABULARY) -> str:
    """The workflow as a text in this form ("toml" or "json"). Raises InvalidValue as dump() does."""
    write = {"toml": toml_of, "json": json_of}[_checked(form)]
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    if not isinstance(vocabulary, Vocabulary):
        raise InvalidValue("vocabulary", f"must be a Vocabulary, got {brief(vocabulary)}")
    return write(said_of(workflow, vocabulary))


def _form_of(path: str | PathLike[str]) -> str:
    if not isinstance(path, str | PathLike):
        raise InvalidValue("path", f"must be a path, got {brief(path)}")
    form = Path(path).suffix.lower().removeprefix(".")
    if form not in PARSE:
        named = str(path) if str(path).strip() else repr(str(path))
        raise InvalidFile(named, ("is neither .toml nor .json",))
    return form


def _checked(form: str) -> str:
    if not isinstance(form, str) or form not in PARSE:
        raise InvalidValue("form", f"must be toml or json, got {brief(form)}")
    return form


def _workflow(text: str, form: str, vocabulary: Vocabulary, what: str) -> Workflow:
    if not isinstance(vocabulary, Vocabulary):
        raise InvalidValue("vocabulary", f"must be a Vocabulary, got {brief(vocabulary)}")
    try:
        said = PARSE[form](text)
    except RecursionError:
        raise InvalidFile(what, ("is nested too deeply",)) from None
    except _Doubled as error:
        raise InvalidFile(what, (f"says the key {error.args[0]!r} twice in one table",)) from None
    except ValueError as error:
        found = re.search(r"\(?(?:at )?line (\d+),? column (\d+)(?: \(char \d+\))?\)?", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        problem = str(error)[: found.start()].rstrip(" :") if found else str(error)
        column = f" (column {found[2]})" if found else ""
        raise InvalidFile(f"{what}, line {line}", (f"is no {form.upper()}: {problem}{column}",)) from None
    return workflow_from(said, vocabulary, what)


class _Doubled(ValueError):
    """A JSON object has a key twice; the parser would keep the last and say nothing."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Doubled(key)
        found[key] = value
    return found


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once)


PARSE: dict[str, Callable[[str], Any]] = {"toml": tomllib.loads, "json": _json}
