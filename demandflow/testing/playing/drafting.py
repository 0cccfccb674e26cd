"""A demand is registered from a draft: only whose it is sees it, and nothing of it is left when it is done."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.demand import Demand
from demandflow.domain.facts import Registered
from demandflow.domain.values import Actor
from demandflow.errors import DemandFlowError, InvalidValue
from demandflow.recording import drafts
from demandflow.store.drafts import Draft
from demandflow.testing.playing.agreeing import raised, same_answer

LATER, MOST_KEPT = 2**64, 3
REFUSED = InvalidValue.__name__


def drafted(flow: DemandFlow, fact: Registered, command: str, *, by: Actor, **how: Any) -> Demand:
    """Keep the words and register them from there. Raises Differs, and what register_draft() raises."""
    it, another = UUID(command.removeprefix("draft ")), Actor(f"not {by.id}", by.role)
    there, more = list(flow.drafts(by)), list[Draft]()
    if len(there) < MOST_KEPT:
        more.append(_kept(flow, f"{fact.text} too", by, UUID(int=it.int + LATER)))
    kept = _in_order([*there, *more, _kept(flow, fact.text, by, it)])
    same_answer("drafts()", list(flow.drafts(by)), kept)
    same_answer("drafts() of somebody else", flow.drafts(another), ())
    said = {name: value for name, value in fact.__dict__.items() if name != "text" and value is not None}
    register = partial(flow.register_draft, it, **said, **how)
    same_answer("register_draft() by somebody else", raised(partial(register, by=another)), REFUSED)
    try:
        demand = register(by=by)
    except DemandFlowError:
        same_answer("drafts() where nothing was registered", list(flow.drafts(by)), kept)
        flow.erase_draft(it)
        same_answer("register_draft() of what was erased", raised(partial(register, by=by)), REFUSED)
        raise
    finally:
        flow.erase_draft(it)
        same_answer("drafts() afterwards", list(flow.drafts(by)), _in_order([*there, *more]))
    same_answer("register_draft() again", register(by=by), demand)
    return demand


def _kept(flow: DemandFlow, words: str, by: Actor, it: UUID) -> Draft:
    with patch.object(drafts, "uuid7", lambda: it):
        same_answer("keep_draft()", flow.keep_draft(f" {words}\r\n", by=by), it)
    return Draft(it, by.id, words, flow.now())


def _in_order(kept: list[Draft]) -> list[Draft]:
    return sorted(kept, key=lambda one: (one.kept, one.id.hex))
