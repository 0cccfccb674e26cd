"""Files are read and written in their form, and a mistake names the file and the line; words name what they are not."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Category, Channel, Place
from demandflow.calendars import CalendarEnds
from demandflow.errors import InvalidValue, UnknownWorkflow
from demandflow.facts import Registered, Sorted
from demandflow.inputs.documents import as_json, as_toml, form_of, parsed, read_document
from demandflow.inputs.words import read
from tests.stories import T0

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=3))


@contextmanager
def wrong(what: str, says: str) -> Iterator[None]:
    """InvalidValue about this, with these words."""
    with pytest.raises(InvalidValue, match=says) as refused:
        yield
    assert refused.value.what == what


@given(st.dictionaries(texts, values, max_size=3))
def test_whatever_is_written_as_json_reads_back_as_the_same(document: dict[str, Any]) -> None:
    written = as_json(document)
    assert parsed(written, "json", "here") == document == json.loads(written)
    assert written.endswith("}\n")
    assert "\\u" not in as_json({"名": "王芳"})
    assert as_json({"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}\n', "people read it"


def test_every_letter_is_written_in_toml_so_that_it_can_be_read() -> None:
    for letter in '\x00\x1f\x7f\u2028\ue000\U000e0001"\\\né王':
        written = as_toml({letter: letter})
        assert tomllib.loads(written) == {letter: letter}
        assert all(sign.isprintable() or sign == "\n" for sign in written)


def test_half_a_character_is_left_for_the_reader_to_refuse() -> None:
    for half in "\ud800\udbff\udc00\udfff":
        assert as_toml({"a": half}) == f'a = "{half}"\n'
        with wrong("here", "half of a character"):
            parsed(json.dumps({"a": half}), "json", "here")


def test_what_toml_cannot_say_is_refused() -> None:
    with wrong("TOML", "None is not written"):
        as_toml({"a": None})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = 1\nb = \xff", r"not written in UTF-8 \(at line 2\)"),
        (b"a = 1\nb = ?", "is no TOML: .*line 2"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "a.TOML"
    if content is not None:
        file.write_bytes(content)
    with wrong(str(file), says):
        read_document(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [('{"a": 1, "a": 2}', "the key 'a' twice"), ("[" * 100_000, "nested too deeply"), ("{", "no JSON")],
)
def test_a_text_that_cannot_be_read_is_named(text: str, says: str) -> None:
    with wrong("the menu", says):
        parsed(text, "json", "the menu")


def test_a_form_is_known_by_the_end_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_document(tmp_path / "a.json") == {"a": 1}
    assert (form_of("a.json"), form_of(Path("b/C.Toml"))) == ("json", "toml")
    with wrong("a.yaml", "neither .toml nor .json"):
        form_of("a.yaml")
    with wrong("' '", "neither .toml nor .json"):
        form_of(" ")


def test_words_of_a_form_become_values_and_every_problem_is_said_of_its_field() -> None:
    with wrong("words", "must be a mapping from field to word, got 5"):
        read(Sorted.model_fields, 5, None)  # type: ignore[arg-type]
    found, problems = read(Registered.model_fields, {"text": "dark", "due": "soon", "x": "x", "resident": " "}, "UTC")
    assert found == {"text": "dark"}
    assert problems.keys() == {"due", "'x'"}
    assert "'soon' is no time" in problems["due"]
    assert "no such field (possible: text, channel, " in problems["'x'"]


class _Field:
    """A field of a form."""

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation


def test_each_time_of_a_list_is_one_of_the_zone() -> None:
    found, problems = read(
        {"x": _Field(tuple[datetime, ...])}, {"x": "2026-01-05 09:00, 2026-07-05 09:00"}, "Europe/Berlin"
    )
    assert (found, problems) == ({"x": (datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 7, 5, 7, tzinfo=UTC))}, {})


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        (bool, "Yes", True),
        (bool | None, "否", False),
        (int, " -7 ", -7),
        (float, "1.5", 1.5),
        (UUID, "00000000-0000-0000-0000-000000000007", UUID(int=7)),
        (tuple[int, ...], "1; 2，3,", (1, 2, 3)),
        (list[str], "a、b\nc", ("a", "b", "c")),
        (str, " a ", " a "),
    ],
)
def test_a_word_is_read_as_people_write_it(kind: Any, word: str, value: Any) -> None:
    found, problems = read({"x": _Field(kind)}, {"x": word}, None)
    assert (found, problems) == ({"x": value}, {})


@pytest.mark.parametrize(
    ("kind", "word", "says"),
    [
        (bool, "maybe", "'maybe' is neither yes nor no (possible: yes, no, true, false, 1, 0, 是, 否)"),
        (int, "1.5", "'1.5' is no whole number"),
        (float, "1,5", "'1,5' is no number"),
        (UUID, "7", "'7' is no id (a UUID)"),
    ],
)
def test_a_word_that_is_none_of_its_kind_is_told(kind: Any, word: str, says: str) -> None:
    assert read({"x": _Field(kind)}, {"x": word}, None) == ({}, {"x": says})


def test_what_is_asked_for_is_named_where_it_cannot_be() -> None:
    for kind, says in ((Channel, "channel"), (Place, "place"), (Category, "category")):
        with wrong(says, "must be a text, got 5"):
            kind.asked(5)  # type: ignore[arg-type]
    for path in ("a//b", "a /b", "/", "a/ b"):
        with wrong("place", "empty or has blanks at its ends"):
            Place.asked(path)
    assert Place.asked("a b/c") == "a b/c"


def test_a_calendar_that_ends_says_until_when_and_who_counts_by_it() -> None:
    today = T0.date()
    ends = CalendarEnds("office", ("clock finish",), today.replace(month=12, day=31), today)
    assert ends.args == ("office", ("clock finish",), ends.until, today)
    assert "(clock finish). Add a source of days for 2026, or Days.none([2026])" in str(ends)
    assert "does not know 2025" in str(CalendarEnds("office", (), None, today))


def test_an_unknown_workflow_is_named_beside_those_that_are_known() -> None:
    from demandflow.application import _published

    with pytest.raises(UnknownWorkflow, match=r"none@1.*closed-loop@2"):
        _published()["none@1"]
