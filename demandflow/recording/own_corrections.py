"""Corrections of own fields are read by the class of the fact that they correct, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demandflow.domain.corrections import with_corrections
from demandflow.domain.decide import Command
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.fact import Fact, read_again, written
from demandflow.domain.facts import Corrected, UnknownFact
from demandflow.domain.own_fields import as_said, correctable_own
from demandflow.domain.stream import Stream
from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.own_values import own_values_of
from demandflow.recording.earlier import Earlier
from demandflow.store.log import Log
from demandflow.store.pending import PendingLog


def as_its_class_writes_it(command: Command, stream: Stream, earlier: Earlier, log: Log | PendingLog) -> Command:
    """The command; what it corrects of own fields as their class would have written it when it first came.

    Raises InvalidValue for what the class of the corrected fact does not take.
    """
    correction = command.fact
    if not isinstance(correction, Corrected) or correction.own is None:
        return command
    if not isinstance(stream, Demand):
        raise InvalidValue("own", f"of a {stream.KIND} no field is corrected so, only of a demand")
    done = earlier.version_of(stream, command)
    before = [event for event in log.events(stream.id) if done is None or event.version < done]
    event = next((event for event in with_corrections(before) if event.version == correction.event), None)
    if event is None:
        raise InvalidValue("own", f"there is no event {brief(correction.event)} of this demand that could be corrected")
    said = dict(correction.own)
    _check_names(event.fact, event.version, said)
    values = _as_written(event.fact, said)
    return as_if(command, fact=correction.model_copy(update={"own": own_values_of(values)}))


def _check_names(fact: Fact, version: int, said: Mapping[str, Any]) -> None:
    kind = type(fact)
    if isinstance(fact, UnknownFact) or fact.__pydantic_extra__:
        problem = f"event {version} is of a class that is not known here, so nobody can say what its fields take"
        raise InvalidValue("own", f"{problem}; open the log with a workflow that records it")
    possible = correctable_own(kind)
    if unknown := [name for name in said if name not in possible]:
        names = listed(map(brief, unknown))
        raise InvalidValue(
            "own", f"event {version} is {kind.__name__}, which has no own field {names} (possible: {listed(possible)})"
        )


def _as_written(fact: Fact, said: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the fact's class writes them. Raises InvalidValue for what it does not take, or not alone."""
    kind, was = type(fact), written(fact)
    try:
        right = read_again(kind, {**was, **said}, said)
    except InvalidValue as error:
        raise InvalidValue("own", f"{kind.__name__} does not take it: {error.problem}") from None
    before, now = written(read_again(kind, was, ())), written(right)
    others = [name for name in {**before, **now} if name not in said and before.get(name) != now.get(name)]
    if others:
        raise InvalidValue("own", f"{kind.__name__} would say otherwise in {listed(others)}, too; correct that as well")
    values = {name: now.get(name) for name in said}
    alone = as_said(kind, own_values_of(values))
    if unlike := [name for name in said if name not in alone or alone[name] != getattr(right, name)]:
        problem = f"{kind.__name__} reads {listed(unlike)} in a way of its own, which a correction cannot"
        raise InvalidValue("own", f"{problem}; record the fact again")
    return values
