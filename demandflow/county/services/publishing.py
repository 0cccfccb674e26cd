"""The service menu as others publish it: as Markdown, and in the shape of Open311 services (GeoReport v2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from demandflow.domain.county.services.items import ItemVersion

DATATYPES = {"integer": "number", "number": "number", "string": "string", "boolean": "singlevaluelist"}
DATETIMES = ("date", "date-time", "time")
YES_OR_NO = ("true", "false")


def as_markdown(items: Iterable[ItemVersion], title: str = "Service menu") -> str:
    """The menu for people to read: by department, with who may order, what is asked, the steps, and how long it takes.

    A field is shown by the `title` that its form gives it.
    """
    lines = [f"# {_plain(title)}"]
    department = None
    for item in items:
        if item.department != department:
            department = item.department
            lines += ["", f"## {_plain(department)}"]
        lines += ["", f"### {_plain(item.name)} ({_plain(item.item)})", ""]
        lines += [f"* For: {', '.join(map(_plain, item.may_order)) or 'everybody'}"]
        days = "1 working day" if item.days == 1 else f"{item.days} working days"
        lines += [f"* Done within {days}" + (f" by {_plain(item.contractor)}" if item.contractor else "")]
        lines += [f"* Needed: {question}" for question in _questions(item.schema)]
        lines += [f"{number}. {_plain(step)}" for number, step in enumerate(item.steps, 1)]
    return "\n".join([*lines, ""])


def as_open311(items: Iterable[ItemVersion]) -> list[dict[str, Any]]:
    """The menu as the list of services that `GET services` of Open311 answers."""
    return [
        {
            "service_code": item.item,
            "service_name": item.name,
            "description": "\n".join(item.steps),
            "metadata": bool(_fields(item.schema)),
            "type": "realtime",
            "keywords": "",
            "group": item.department,
        }
        for item in items
    ]


def definition_in_open311(item: ItemVersion) -> dict[str, Any]:
    """What `GET services/{code}` of Open311 answers: the fields of the item's form as attributes.

    A field that Open311 has no type for is a text.
    """
    needed, attributes = item.schema.get("required", ()), []
    for order, (name, field) in enumerate(_fields(item.schema).items(), 1):
        values = _values(field)
        attributes.append(
            {
                "variable": True,
                "code": name,
                "datatype": _datatype(field),
                "required": name in needed,
                "datatype_description": str(field.get("description", "")),
                "order": order,
                "description": str(field.get("title", name)),
                **({"values": [{"key": value, "name": value} for value in values]} if values else {}),
            }
        )
    return {"service_code": item.item, "attributes": attributes}


def _fields(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields that a form names, each with what it says of it; nothing where it only says that there may be one."""
    fields = schema.get("properties", {}).items()
    return {name: field if isinstance(field, dict) else {} for name, field in fields if field is not False}


def _values(field: Mapping[str, Any]) -> tuple[str, ...]:
    """The values among which the field chooses, as texts."""
    inside = field.get("items") if field.get("type") == "array" else field
    if not isinstance(inside, dict):
        return ()
    if "enum" in inside:
        return tuple(value if isinstance(value, str) else str(value).lower() for value in inside["enum"])
    return YES_OR_NO if inside.get("type") == "boolean" else ()


def _datatype(field: Mapping[str, Any]) -> str:
    if field.get("type") == "array":
        return "multivaluelist" if _values(field) else "text"
    if _values(field):
        return "singlevaluelist"
    return "datetime" if field.get("format") in DATETIMES else DATATYPES.get(str(field.get("type")), "text")


def _questions(schema: Mapping[str, Any]) -> Iterator[str]:
    needed = schema.get("required", ())
    for name, field in _fields(schema).items():
        values = f" ({', '.join(map(_plain, _values(field)))})" if _values(field) else ""
        says = f": {_plain(str(field['description']))}" if "description" in field else ""
        yield f"{_plain(str(field.get('title', name)))}{values}{says}{'' if name in needed else ', if known'}"


def _plain(text: str) -> str:
    """A text on one line, of which Markdown takes no letter for a sign."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(text.split()))
