"""A stored event as a CloudEvent 1.0 in JSON, on one line, and back: the stored bytes are its data.

`(source, id)` names an event for good: the log, and demand and version. `position` and `version` are extensions.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, MsgspecError, Raw, Struct, UnsetType
from msgspec.json import Decoder, Encoder

from demandflow.store.recorder import id_of
from demandflow.store.statements import NumberedRow

JSON = "application/json"
LARGEST = 2**31 - 1
"""The largest number that an attribute of a CloudEvent may be; no demand has so many events."""


class CloudEvent(Struct, frozen=True, omit_defaults=True, gc=False):
    """The envelope. `data` is what is stored, or `data_base64` where that is no JSON on one line."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | UnsetType = UNSET
    time: datetime | UnsetType = UNSET
    datacontenttype: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    version: int | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    data_base64: bytes | UnsetType = UNSET


class _Meta(Struct):
    happened: Annotated[datetime, msgspec.Meta(tz=True)] | UnsetType = UNSET


class _State(Struct):
    meta: _Meta | UnsetType = UNSET


encode = Encoder().encode
_state, _anything = Decoder(_State).decode, Decoder().decode


def source_of(log: str) -> str:
    """The log as the source of its events."""
    return f"urn:uuid:{log}"


def cloud_event(log: str, row: NumberedRow) -> bytes:
    """A row of the log with this id as one line, without its end.

    `time` is when it happened; it is left out, and the data are in base64, where the row cannot be read.
    """
    position, text, version, topic, stored = row
    demand = id_of(text)
    subject = str(demand)
    state = stored if isinstance(stored, bytes) else str(stored).encode()
    time, readable = _looked_at(state)
    data: dict[str, Any] = {"data": Raw(state)} if readable else {"data_base64": b64encode(state).decode()}
    return encode(
        {
            "specversion": "1.0",
            "id": f"{subject}/{version}",
            "source": source_of(log),
            "type": str(topic or "") or "unknown",
            **({"subject": subject} if subject else {}),
            **({"time": time} if time is not UNSET else {}),
            **({"datacontenttype": JSON} if readable else {}),
            "position": position,
            **({"version": version} if type(version) is int and 0 < version <= LARGEST else {}),
            **data,
        }
    )


def is_ours(row: NumberedRow) -> bool:
    """Whether the row has the shape in which demandflow stores events, readable or not."""
    _, text, version, topic, state = row
    demand = id_of(text)
    return (
        isinstance(demand, UUID)
        and demand.hex == text
        and type(version) is int
        and 0 < version <= LARGEST
        and isinstance(topic, str)
        and bool(topic)
        and isinstance(state, bytes)
    )


def _looked_at(state: bytes) -> tuple[datetime | UnsetType, bool]:
    """When it happened, and whether it is one JSON object on one line."""
    if not (state[:1] == b"{" and state[-1:] == b"}") or b"\n" in state or b"\r" in state:
        return UNSET, False
    try:
        state.decode()
        try:
            meta = _state(state).meta
            return (UNSET if meta is UNSET else meta.happened), True
        except MsgspecError:
            _anything(state)
            return UNSET, True
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return UNSET, False
