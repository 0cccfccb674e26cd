"""What CloudEvents 1.0 asks of an event in JSON, as its specification says it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

REQUIRED = ("id", "source", "specversion", "type")
TEXTS = (*REQUIRED, "subject", "datacontenttype", "check")
LARGEST = 2**31 - 1


def envelope(line: bytes | str) -> dict[str, Any]:
    """The event on this line; asserts that it is one."""
    text = line.decode() if isinstance(line, bytes) else line
    assert "\n" not in text.rstrip("\n")
    event: dict[str, Any] = json.loads(text)
    for name, value in event.items():
        if name in ("data", "data_base64"):
            continue
        assert re.fullmatch("[a-z0-9]{1,20}", name), f"{name} is no name of an attribute"
        assert isinstance(value, str | int | bool), f"{name} is of no type that an attribute may have"
        assert not isinstance(value, int) or abs(value) <= LARGEST
    for name in TEXTS:
        assert name not in event or (isinstance(event[name], str) and event[name])
    assert all(name in event for name in REQUIRED)
    assert event["specversion"] == "1.0"
    assert urlsplit(event["source"]).scheme, "an absolute URI"
    if "time" in event:
        assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert not {"data", "data_base64"} <= event.keys()
    if "data_base64" in event:
        b64decode(event["data_base64"], validate=True)
    return event
