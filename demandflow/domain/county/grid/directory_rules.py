"""The rules of the directory of places, and its workflow."""

from __future__ import annotations

from typing import Any

from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.places import (
    COMMUNITY,
    COMMUNITY_TYPES,
    Appointed,
    Closed,
    Counted,
    Founded,
    GivenUp,
    Joined,
    Numbers,
    Opened,
    Relieved,
    Renamed,
    Split,
    above,
    entries_below,
)
from demandflow.domain.moves import START, STAY, Move, Proposal, State
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.values import Place, Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import listed

REGISTRAR = "registrar"
"""The role of those who keep the directory."""


def a_name_is_never_used_again(directory: Directory, proposal: Proposal[Any]) -> str | None:
    """A path says for good which place was meant: no other place has it, also after it is gone."""
    used = [path for path in _new(proposal.fact) if directory.entry(path) is not None]
    return f"{listed(used)}: there is or was such a place; give the new one a name of its own" if used else None


def it_lies_in_a_place_that_is_there(directory: Directory, proposal: Proposal[Opened]) -> str | None:
    """A place is opened inside another."""
    parent = above(proposal.fact.place)
    if _is_there(directory, parent):
        return None
    return f"{parent or 'nothing'} is not there, so {proposal.fact.place} cannot be opened in it; open it first"


def a_community_says_its_type(directory: Directory, proposal: Proposal[Opened]) -> str | None:
    """A community is of the plate or of the unit type; other places are of none."""
    fact = proposal.fact
    if fact.kind == COMMUNITY and fact.type not in COMMUNITY_TYPES:
        return f"say the type of the community {fact.place}: {listed(COMMUNITY_TYPES)}"
    return f"{fact.place} is no community and has no type" if fact.kind != COMMUNITY and fact.type else None


def it_is_there(directory: Directory, proposal: Proposal[Any]) -> str | None:
    """Something happens only to a place that is there."""
    gone = [path for path in _old(proposal.fact) if not _is_there(directory, path)]
    return f"{listed(gone)}: there is no such place now" if gone else None


def something_was_counted(directory: Directory, proposal: Proposal[Counted]) -> str | None:
    """A count says at least one number."""
    said = Numbers.of(proposal.fact, proposal.at).said
    return None if said else f"say what was counted at {proposal.fact.place}"


def the_whole_stays(directory: Directory, proposal: Proposal[Any]) -> str | None:
    """The place that the directory is of is not split, joined, renamed or closed: the directory is known by it."""
    if directory.county in _old(proposal.fact):
        return f"{directory.county} is what the directory is of; give it up and found another"
    return None


def what_comes_of_it_lies_beside_it(directory: Directory, proposal: Proposal[Any]) -> str | None:
    """Places change inside the place in which they lie, so that the ones above keep their ground."""
    old, new = _old(proposal.fact), _new(proposal.fact)
    strays = [path for path in (*old, *new) if above(path) != above(old[0])]
    return f"{listed(strays)}: does not lie in {above(old[0])}, as {old[0]} does" if strays else None


def each_is_named_once(directory: Directory, proposal: Proposal[Any]) -> str | None:
    """No place is said twice."""
    for paths in (
        _old(proposal.fact),
        _new(proposal.fact),
        [child for child, _ in getattr(proposal.fact, "moves", ())],
    ):
        if twice := [path for path in dict.fromkeys(paths) if paths.count(path) > 1]:
            return f"{listed(twice)} is named twice"
    return None


def each_place_below_goes_to_one_of_the_new(directory: Directory, proposal: Proposal[Split]) -> str | None:
    """A split says where everything directly below lies afterwards, and of nothing else."""
    fact, moves = proposal.fact, dict[str, Place](proposal.fact.moves)
    below = _directly_below(directory, fact.place)
    if strays := [child for child in moves if child not in below]:
        return f"{listed(strays)}: no such place lies directly in {fact.place}"
    if left := [child for child in below if moves.get(child) not in fact.into]:
        return f"say in which of {listed(fact.into)} these lie afterwards: {listed(left)}"
    return None


def joined_places_are_alike(directory: Directory, proposal: Proposal[Joined]) -> str | None:
    """Places of one kind and type are joined, and no two places below them have the same name."""
    entries = [entry for path in proposal.fact.places if (entry := directory.entry(path)) is not None]
    if len({(entry.kind, entry.type) for entry in entries}) > 1:
        return f"{listed(proposal.fact.places)} are of different kinds and cannot be joined"
    below = [path for entry in entries for path in _directly_below(directory, entry.path)]
    names = [path.rpartition("/")[2] for path in below]
    if twice := [path for path, name in zip(below, names, strict=True) if names.count(name) > 1]:
        return f"{listed(twice)} would have the same name; rename one of them first"
    return None


def nothing_lies_below_it(directory: Directory, proposal: Proposal[Closed]) -> str | None:
    """What lies in a place is closed first."""
    below = _directly_below(directory, proposal.fact.place)
    return f"{listed(below)}: close or move what lies in {proposal.fact.place} first" if below else None


def its_demands_go_where_somebody_is(directory: Directory, proposal: Proposal[Closed]) -> str | None:
    """The open demands of a place that is closed go to another that is there."""
    fact = proposal.fact
    if fact.demands_go_to is None or (fact.demands_go_to != fact.place and _is_there(directory, fact.demands_go_to)):
        return None
    return f"open demands cannot go to {fact.demands_go_to}: name another place that is there"


def they_are_not_in_office(directory: Directory, proposal: Proposal[Appointed]) -> str | None:
    """Nobody is appointed twice to the same place."""
    fact = proposal.fact
    in_office = (entry := directory.entry(fact.place)) is not None and fact.who in entry.in_office
    return f"{fact.who} is responsible for {fact.place} already" if in_office else None


def they_are_in_office(directory: Directory, proposal: Proposal[Relieved]) -> str | None:
    """Only who is responsible for the place is relieved of it."""
    fact = proposal.fact
    names = entry.in_office if (entry := directory.entry(fact.place)) is not None else ()
    return None if fact.who in names else f"{fact.who} is not responsible for {fact.place} (are: {listed(names)})"


def _old(fact: Any) -> tuple[str, ...]:
    """The places to which it happens."""
    return fact.places if isinstance(fact, Joined) else (fact.place,)


def _new(fact: Any) -> tuple[str, ...]:
    """The places that are new by it."""
    match fact:
        case Split():
            return fact.into
        case Joined():
            return (fact.into,)
        case Renamed():
            return (fact.to,)
    return (fact.place,)


def _is_there(directory: Directory, path: str) -> bool:
    return (entry := directory.entry(path)) is not None and entry.until is None


def _directly_below(directory: Directory, path: str) -> tuple[str, ...]:
    below = entries_below(directory.places, path)
    return tuple(entry.path for entry in below if entry.until is None and above(entry.path) == path)


in_order = times_do_not_run_backwards
CHANGING = (
    *(in_order, it_is_there, each_is_named_once, the_whole_stays),
    *(what_comes_of_it_lies_beside_it, a_name_is_never_used_again),
)
OPENING = (in_order, a_name_is_never_used_again, it_lies_in_a_place_that_is_there, a_community_says_its_type)
CLOSING = (in_order, it_is_there, the_whole_stays, nothing_lies_below_it, its_demands_go_where_somebody_is)
APPOINTING, RELIEVING = (in_order, it_is_there, they_are_not_in_office), (in_order, they_are_in_office)

DIRECTORY = Workflow(
    "directory",
    1,
    states=(
        State("kept", Stage.REGISTRATION, owner=REGISTRAR),
        State("given_up", Stage.ENDED, ended_as="withdrawn"),
    ),
    moves=(
        Move("found", Founded, START, "kept", REGISTRAR),
        Move("open_place", Opened, "kept", STAY, REGISTRAR, rules=OPENING),
        Move("count", Counted, "kept", STAY, REGISTRAR, rules=(in_order, it_is_there, something_was_counted)),
        Move("appoint", Appointed, "kept", STAY, REGISTRAR, rules=APPOINTING),
        Move("relieve", Relieved, "kept", STAY, REGISTRAR, rules=RELIEVING),
        Move("split", Split, "kept", STAY, REGISTRAR, rules=(*CHANGING, each_place_below_goes_to_one_of_the_new)),
        Move("join", Joined, "kept", STAY, REGISTRAR, rules=(*CHANGING, joined_places_are_alike)),
        Move("rename", Renamed, "kept", STAY, REGISTRAR, rules=CHANGING),
        Move("close_place", Closed, "kept", STAY, REGISTRAR, rules=CLOSING),
        Move("give_up", GivenUp, "kept", "given_up", REGISTRAR, rules=(in_order,)),
    ),
    tells_nobody=True,
    of=Directory,
)
