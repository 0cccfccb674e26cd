"""A history as a test to copy: the steps and the law as code, with all that this code needs to import."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

import demandflow
from demandflow.domain.values import Actor
from demandflow.testing.environments import PLAIN, Environment
from demandflow.testing.model.step import Step
from demandflow.testing.operations import Ask, Batch, History, RunPolicies, Upset
from demandflow.testing.playing.law import Law


def as_test(history: History, law: Law, workflow: str) -> str:
    """A test that plays the same steps and checks the same law, to be copied into a test file."""
    code = Code()
    done = [f"        {code.of(one)}," for one in history.operations]
    held = _held(law, code)
    code.needs("demandflow.testing", "play")
    where = "" if history.environment == PLAIN else f", {code.of(history.environment)}"
    return "\n".join(
        [
            *code.imports,
            "",
            f"# {workflow} is the workflow that was checked",
            *code.missing,
            "",
            "",
            f"def {name_of_test(law)}() -> None:",
            "    operations = [",
            *done,
            "    ]",
            f"    with play({workflow}, operations{where}) as played:",
            f"        {held}.holds(played)",
        ]
    )


def name_of_test(law: Law) -> str:
    """What a test of this law is called."""
    return "test_" + re.sub(r"\W+", "_", law.name.lower()).strip("_")


def code_of(value: Any) -> str:
    """The value as it is written in Python."""
    return Code().of(value)


class Code:
    """Writes values as Python, and keeps what has to be imported for that."""

    def __init__(self) -> None:
        self._imports: defaultdict[str, set[str]] = defaultdict(set)
        self.missing: list[str] = []

    @property
    def imports(self) -> list[str]:
        """The import statements, in order."""
        return [f"from {home} import {', '.join(sorted(names))}" for home, names in sorted(self._imports.items())]

    def needs(self, home: str, name: str) -> None:
        """Remember that this name is imported from there."""
        self._imports[home].add(name)

    def name_of(self, thing: Any) -> str:
        """The name of a class or function, imported from where it is at home; a placeholder where it cannot be."""
        name, home = getattr(thing, "__qualname__", ""), getattr(thing, "__module__", "")
        top = name.partition(".")[0]
        if getattr(demandflow, top, None) is thing:
            home = "demandflow"
        found: Any = sys.modules.get(home)
        for part in name.split("."):
            found = getattr(found, part, None)
        at_home = found is thing or (isinstance(found, Law) and found.holds is thing)
        if home == "__main__" or not at_home or (not name.isidentifier() and "." not in name):
            own = top if top.isidentifier() and "<" not in name else "mine"
            self.missing.append(f"# put your own {own} in here")
            return own
        self.needs(home, top)
        return name

    def of(self, value: Any) -> str:
        """The value."""
        match value:
            case BaseModel():
                fields = type(value).model_fields
                said = {name: one for name, one in value.__dict__.items() if one != fields[name].get_default()}
                return (
                    f"{self.name_of(type(value))}({', '.join(f'{name}={self.of(one)}' for name, one in said.items())})"
                )
            case Actor():
                parts = (value.id, str(value.role), value.unit)
                return f"{self.name_of(Actor)}({', '.join(repr(one) for one in parts if one is not None)})"
            case Step() | Batch() | Ask() | RunPolicies() | Upset() | Environment():
                self.needs("demandflow.testing", type(value).__name__)
                return f"{type(value).__name__}({self._arguments(value)})"
            case _ if is_dataclass(value) and not isinstance(value, type):
                return f"{self.name_of(type(value))}({self._arguments(value)})"
            case type():
                return self.name_of(value)
            case Enum():
                return f"{self.name_of(type(value))}.{value.name}"
            case UUID():
                self.needs("uuid", "UUID")
                return f"UUID(int={value.int})"
            case datetime() | date() | timedelta():
                return self._of_time(value)
            case Decimal():
                self.needs("decimal", "Decimal")
                return repr(value)
            case str():
                return repr(str(value))
            case tuple():
                return f"({', '.join(map(self.of, value))}{',' if len(value) == 1 else ''})"
            case list() | set() | frozenset():
                inner = ", ".join(sorted(map(self.of, value)) if not isinstance(value, list) else map(self.of, value))
                return f"[{inner}]" if isinstance(value, list) else f"{type(value).__name__}([{inner}])"
            case dict():
                return "{" + ", ".join(f"{self.of(key)}: {self.of(one)}" for key, one in value.items()) + "}"
            case _:
                return repr(value)

    def _arguments(self, value: Any) -> str:
        """What is not as it would be anyway; what has to be said without its name."""
        said = []
        for one in fields(value):
            given = getattr(value, one.name)
            needed = one.default is MISSING and one.default_factory is MISSING
            plain = one.default_factory() if one.default_factory is not MISSING else one.default
            if needed or given != plain:
                said.append(f"{'' if needed else f'{one.name}='}{self.of(given)}")
        return ", ".join(said)

    def _of_time(self, value: date | timedelta) -> str:
        self.needs("datetime", type(value).__name__)
        if isinstance(value, timedelta):
            return _code_of_span(value)
        if not isinstance(value, datetime):
            return f"date({value.year}, {value.month}, {value.day})"
        at = value.astimezone(UTC) if value.tzinfo else value
        numbers = [at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond]
        while numbers[-1] == 0 and len(numbers) > 3:
            numbers.pop()
        if value.tzinfo:
            self.needs("datetime", "UTC")
        return f"datetime({', '.join(map(str, numbers))}{', tzinfo=UTC' if value.tzinfo else ''})"


def _held(law: Law, code: Code) -> str:
    """The law, as a test names it."""
    call, _, inside = law.code.partition("(")
    if law.needs:
        function, *others = (code.name_of(thing) for thing in law.needs)
        home = sys.modules.get(getattr(law.needs[0], "__module__", ""))
        if call == "law" and isinstance(getattr(home, function, None), Law):
            return function
        place = f", {others[0]}" if others else "".join(inside.rstrip(")").partition(", ")[1:])
        inside = f"{function}{place})"
    code.needs("demandflow.testing", call)
    return f"{call}({inside}"


def _code_of_span(span: timedelta) -> str:
    parts = {"days": span.days, "seconds": span.seconds, "microseconds": span.microseconds}
    if span.seconds % 3600 == 0:
        parts |= {"hours": span.seconds // 3600, "seconds": 0}
    return f"timedelta({', '.join(f'{name}={number}' for name, number in parts.items() if number)})"
