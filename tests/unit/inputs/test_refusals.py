"""What is said of input that is refused, word by word: golden_refusals.txt is to be read as people read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest

from demandflow import Actor, Category, Channel, Demand, DemandFlow, Place, closed_loop
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.services.forms import form_text, wrong_in_form
from demandflow.errors import DemandFlowError, InvalidValue
from demandflow.facts import Corrected, Noted, Registered
from demandflow.inputs.arguments import a_function, each_of, plain_text, whole_number, word_among, yes_or_no, zone_of
from demandflow.inputs.documents import as_toml, form_of, parsed
from demandflow.inputs.moments import moment
from demandflow.inputs.plain import plain_mapping
from demandflow.inputs.texts import asked_of, asked_path_of, asked_text_of, name_of, path_of, text_of
from demandflow.inputs.words import local_moment, read
from demandflow.testing import FrozenClock

LI = Actor("Li", "grid_administrator")
GOLDEN = Path(__file__).parent / "golden_refusals.txt"


class Broken(tzinfo):
    """A zone that raises whatever it is asked."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        raise KeyError("no such hour")

    tzname = dst = utcoffset  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Broken()"


class Unwilling:
    """What cannot be gone through, though it says so."""

    def __iter__(self) -> Any:
        raise KeyError("nothing here")

    def __repr__(self) -> str:
        return "Unwilling()"


def deep(depth: int) -> Any:
    """Lists in one another."""
    return [deep(depth - 1)] if depth else "x"


class Wanted(Registered):
    """A registration with fields of every type that words are read as."""

    TOPIC: ClassVar[str] = "tests.wanted_in_words"
    sure: bool = False
    rooms: int | None = None
    share: float | None = None
    whom: UUID | None = None
    visits: tuple[datetime, ...] = ()


def problems(**words: object) -> Callable[[], object]:
    """Reading these words as those of a registration."""
    return lambda: "\n".join(
        f"{name}: {said}" for name, said in read(Wanted.model_fields, words, "Asia/Shanghai")[1].items()
    )


def correcting(own: Any) -> Callable[[], object]:
    """A correction of own fields."""
    return lambda: Corrected(event=1, reason="misread", own=own)


def asking(method: str, *given: Any, **more: Any) -> Callable[[], object]:
    """A command or question, to an empty log."""

    def ask() -> object:
        with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
            return getattr(flow, method)(*given, **more)

    return ask


NAIVE, EARLY = datetime(2026, 1, 1), datetime(1899, 12, 31, tzinfo=UTC)  # noqa: DTZ001
COUNTER: dict[str, Any] = {"channel": Channel.COUNTER, "place": Place.of("Fufeng")}
REFUSALS: dict[str, Callable[[], object]] = {
    "a moment that is a number": lambda: moment(3, "due"),
    "a moment without a zone": lambda: moment(NAIVE, "due"),
    "a moment of long ago": lambda: moment(EARLY, "due"),
    "a moment of a zone that breaks": lambda: moment(NAIVE.replace(tzinfo=Broken()), "due"),
    "a time without an offset": lambda: local_moment("2026-03-05 09:30", None),
    "a time that is none": lambda: local_moment("soon", None),
    "a time that the clocks skip": lambda: local_moment("2026-03-29 02:30", zone_of("Europe/Berlin")),
    "a text that is a number": lambda: plain_text("note", 3),
    "a word that is none of these": lambda: word_among("dimension", "street", ("place", "channel")),
    "a number that is none": lambda: whole_number("limit", True, 1, 9),
    "yes or no in words": lambda: yes_or_no("support", "yes"),
    "a function that is none": lambda: a_function("law", 3, "what was played"),
    "several that are one text": lambda: each_of("roles", "clerk", "('clerk', 'chief')"),
    "several that cannot be gone through": lambda: each_of("roles", Unwilling(), "('clerk', 'chief')"),
    "a zone that is none": lambda: zone_of("Shanghai"),
    "a free text that says nothing": lambda: text_of(" \u200b ", "reason"),
    "a free text with a control character": lambda: text_of("a\x00b", "reason"),
    "a free text that is too long": lambda: text_of("ab" * 50_001, "reason"),
    "a name with blanks": lambda: name_of(" Li", "resident"),
    "a name of two lines": lambda: name_of("Li\nWang", "resident"),
    "a name that turns round": lambda: name_of("Li\u202e", "resident"),
    "a name that nobody sees": lambda: name_of("\u3164", "resident"),
    "a name that is kept": lambda: name_of("~Li", "resident"),
    "a name that is too long": lambda: name_of("Li" * 101, "resident"),
    "a name that is too long for its field": lambda: name_of("Li" * 11, "resident", 20),
    "a path that is too deep": lambda: path_of("a/" * 16 + "b", "place"),
    "a path with an empty name": lambda: path_of("a//b", "place"),
    "a path with a sign of its own": lambda: path_of("50 %", "place"),
    "a path of too many bytes": lambda: path_of("/".join(["路" * 170] * 2), "place"),
    "a name that is asked about and no name": lambda: asked_of("a\x00", "resident"),
    "a path that is asked about and empty": lambda: asked_path_of("a/ /b", "place"),
    "a path that is asked about in another spelling": lambda: asked_path_of("a/50 %", "place"),
    "a text that is looked for and no text": lambda: asked_text_of("a\x00"),
    "answers that are a list": lambda: plain_mapping(["x"], "answers"),
    "answers of which two have one name": lambda: plain_mapping({"e\u0301": 1, "\u00e9": 2}, "answers"),
    "answers that are too deep": lambda: plain_mapping({"x": deep(17)}, "answers"),
    "an answer of no kind": lambda: plain_mapping({"x": ["y", {3}]}, "answers"),
    "an answer that is no number": lambda: plain_mapping({"x": {"y": float("nan")}}, "answers"),
    "an answer with a name that is none": lambda: plain_mapping({"x": {3: "y"}}, "answers"),
    "answers with a name that is none": lambda: plain_mapping({3: "y"}, "answers"),
    "an answer whose name begins with a dot": lambda: plain_mapping({".x": {3}}, "answers"),
    "words that are none": lambda: read(Wanted.model_fields, 5, None),  # type: ignore[arg-type]
    "words of all kinds": problems(
        sure="perhaps", rooms="1.5", share="a half", whom="Li", visits="2026-01-05 09:00, soon", street="Elm"
    ),
    "own fields that are none": correcting({}),
    "an own field without a value": correcting({"rooms": None}),
    "an own field with a control character": correcting({"rooms": "a\x00"}),
    "an own field that is said twice": correcting([("rooms", 1), ("rooms", 2)]),
    "a form that is a list": lambda: form_text([1]),
    "a form that is no JSON": lambda: form_text("x"),
    "a form with a word that JSON does not have": lambda: form_text('{"const": NaN}'),
    "a form that is too deep": lambda: form_text({"const": deep(16)}),
    "a form that is too long": lambda: form_text({"title": "ab" * 50_000}),
    "a form of words that are not checked": lambda: "\n".join(wrong_in_form(form_text(UNCHECKED))),
    "a file of another form": lambda: form_of("workflow.yaml"),
    "a document that says a key twice": lambda: parsed('{"a": 1, "a": 2}', "json", "loop.json"),
    "a document with half a character": lambda: parsed('{"a": "\\ud800"}', "json", "loop.json"),
    "a document that is too deep": lambda: parsed("[" * 100_000, "json", "loop.json"),
    "a value that TOML does not have": lambda: as_toml({"a": None}),
    "support, said in words": lambda: closed_loop(support="yes"),  # type: ignore[arg-type]
    "a place that is a number": asking("figures", place=3),
    "a channel that nobody can have": asking("board", channel="a\x00"),
    "a workflow that is not known": asking("register", "dark", **COUNTER, workflow="loop", by=LI),
    "a reference that is asked about and no name": asking("id_of", "12345", "a\nb"),
    "a source that is asked about and no text": asking("id_of", 12345, "7"),
    "a reference that says nothing": asking("id_of", "12345", " "),
    "a kind that is known by no word": asking("id_of_stream", Demand, "7"),
    "a workflow of another kind": asking("start", Noted(text="x"), workflow="closed-loop@2", of=Directory, by=LI),
    "a workflow that is a number": asking("register", "dark", **COUNTER, workflow=3, by=LI),
    "a reference without its source": asking("register", "dark", **COUNTER, reference="7", by=LI),
    "a level that there is not": lambda: Place.of("a").level(0),
    "a category that is a list": lambda: Category.of(["a"]),  # type: ignore[arg-type]
}
"""What is refused, by what it is."""
UNCHECKED: dict[str, Any] = {
    "type": "array",
    "street": 1,
    "minLength": 3,
    "then": {},
    "minItems": -1,
    "items": 3,
    "not": {"properties": {"x": {"format": "colour"}, "y": 3}},
    "anyOf": [{"maxItems": 1}, {"type": "list"}],
    "allOf": [],
}


def told(refused: Callable[[], object]) -> str:
    """What is said of it; what is refused without an error is told as an answer."""
    try:
        answer = str(refused())
    except InvalidValue as error:
        answer = f"{error.what}: {error.problem}"
    except DemandFlowError as error:
        answer = str(error)
    return "\n".join(f"  {line}" for line in answer.splitlines())


def golden() -> dict[str, str]:
    sections = GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")
    return dict(section.split("\n", 1) for section in sections)


@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_refused_in_these_words(name: str) -> None:
    assert told(REFUSALS[name]) == golden()[name]


def test_every_refusal_is_an_example() -> None:
    assert golden().keys() == REFUSALS.keys()


def main() -> None:
    text = "\n\n".join(f"{name}\n{told(refused)}" for name, refused in REFUSALS.items())
    GOLDEN.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
