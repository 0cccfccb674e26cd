"""No stored shape changes unnoticed: the shapes that there ever were are in golden files, and are read for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.values import Place, Text
from demandflow.facts import Fact, Sorted
from demandflow.store.log import Log
from tests.unit.store.shapes import shapes
from tests.unit.store.shapes.shapes import DRAFT, Shape, changes, golden, made_anew, misread, newest, stored_facts

FACTS, GOLDEN = stored_facts(), golden()


def test_whatever_is_stored_is_stored_as_the_golden_files_say() -> None:
    said = changes(FACTS, GOLDEN)
    assert not said, "\n".join(said.values())


def test_what_was_ever_written_is_read_and_is_still_the_same() -> None:
    said = list(misread(FACTS, GOLDEN))
    assert not said, "\n".join(said)


def test_the_examples_say_all_that_there_is_to_say() -> None:
    for shape in newest(GOLDEN).values():
        if shape.name in {kind.TOPIC for kind in FACTS}:
            full, least = (json.loads(stored.partition(" ")[2]) for stored in shape.stored)
            assert full["fact"].keys() == shape.fields.keys()
            assert {name for name, said in shape.fields.items() if " = " not in said} <= least["fact"].keys()
            for around in ("Meta", "Stamp"):
                assert full[around.lower()].keys() == newest(GOLDEN)[around].fields.keys()


def test_kept_rows_are_read() -> None:
    kept = {name: shape.stored for name, shape in newest(GOLDEN).items() if name.startswith("table ") and shape.stored}
    assert len(kept) == 2
    log = Log("memory:", STANDARD_FACTS)
    for name, rows in kept.items():
        put(log, name.removeprefix("table "), [json.loads(row) for row in rows])
    assert log.draft(DRAFT.id) == DRAFT
    assert log._recorder.rows("SELECT value FROM demandflow_settings WHERE name = 'zone'") == [("Asia/Shanghai",)]
    log.close()


def put(log: Log, table: str, rows: list[list[str]]) -> None:
    sql = f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"
    log._recorder.transaction(lambda connection: connection.executemany(sql, rows))


class Base(Fact):
    """A fact as it is stored in the golden file of these tests."""

    TOPIC: ClassVar[str] = "test.walked"
    where: Place
    metres: int
    why: Text | None = None


class OtherName(Fact):
    TOPIC: ClassVar[str] = "test.walked"
    where: Place
    meters: int
    why: Text | None = None


class OtherType(Fact):
    TOPIC: ClassVar[str] = "test.walked"
    where: Place
    metres: Text
    why: Text | None = None


class OtherDefault(Fact):
    TOPIC: ClassVar[str] = "test.walked"
    where: Place
    metres: int
    why: Text | None = "for fun"


class OneLess(Fact):
    TOPIC: ClassVar[str] = "test.walked"
    where: Place
    metres: int


class OneMoreNeeded(Base):
    TOPIC: ClassVar[str] = "test.walked"
    steps: int


class OneMoreWithADefault(Base):
    TOPIC: ClassVar[str] = "test.walked"
    alone: bool = False


class SecondVersion(Fact):
    TOPIC: ClassVar[str] = "test.walked"
    VERSION: ClassVar[int] = 2
    EARLIER: ClassVar[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
        "test.walked": lambda was: {"where": was["where"], "kilometres": was["metres"] // 1000}
    }
    where: Place
    kilometres: int


class WithoutEarlier(SecondVersion):
    VERSION: ClassVar[int] = 2


@pytest.fixture
def before() -> list[Shape]:
    """Golden shapes with that of the fact, as it was first stored."""
    return [*GOLDEN, *made_anew([*FACTS, Base], GOLDEN)]


def test_a_new_fact_and_nothing_else_is_added(before: list[Shape]) -> None:
    assert [shape.name for shape in before[len(GOLDEN) :]] == ["test.walked"]
    assert changes([*FACTS, Base], before) == {}
    assert list(misread([*FACTS, Base], before)) == []


@pytest.mark.parametrize("kind", [OtherName, OtherType, OtherDefault, OneLess, OneMoreNeeded])
def test_a_shape_that_changes_without_a_version_is_refused_with_what_to_do(
    before: list[Shape], kind: type[Fact]
) -> None:
    ((name, said),) = changes([*FACTS, kind], before).items()
    assert name == "test.walked"
    assert "its version is still 1" in said
    assert "give the class VERSION = 2, and EARLIER = {'test.walked': …}" in said
    assert shapes.WRITE in said
    with pytest.raises(ValueError, match="its version is still 1"):
        made_anew([*FACTS, kind], before)


def test_a_new_field_with_a_default_needs_no_version_but_a_new_golden_file(before: list[Shape]) -> None:
    facts: list[type[Fact]] = [*FACTS, OneMoreWithADefault]
    ((_, said),) = changes(facts, before).items()
    assert "has new fields with defaults (alone: - → bool = False)" in said
    after = [*before, *made_anew(facts, before)]
    assert changes(facts, after) == {}
    assert list(misread(facts, after)) == []
    assert list(misread([*FACTS, Base], after)) != []


def test_a_second_version_is_added_and_what_the_first_is_read_as_is_kept(before: list[Shape]) -> None:
    facts: list[type[Fact]] = [*FACTS, SecondVersion]
    ((_, said),) = changes(facts, before).items()
    assert "test.walked of version 2 is not in a golden file" in said
    after = [*before, *made_anew(facts, before)]
    assert changes(facts, after) == {}
    assert list(misread(facts, after)) == []
    assert '"kilometres":' in after[-1].earlier["test.walked"][0]
    with pytest.raises(ValueError, match=r"no class reads test\.walked: say in EARLIER"):
        made_anew([*FACTS, WithoutEarlier], before)
    assert any("cannot be read" in line for line in misread([*FACTS, WithoutEarlier], after))


def test_what_earlier_versions_are_read_as_does_not_change(before: list[Shape]) -> None:
    facts: list[type[Fact]] = [*FACTS, SecondVersion]
    after = [*before, *made_anew(facts, before)]
    wrong = after[-1].earlier["test.walked"][0].replace('"kilometres":', '"kilometres":1')
    altered = replace(after[-1], earlier={"test.walked": [wrong, wrong]})
    assert any("is read as something else" in line for line in misread(facts, [*after[:-1], altered]))


def test_a_class_that_is_gone_is_named(before: list[Shape]) -> None:
    assert changes(FACTS, before) == {
        "test.walked": "test.walked was stored, and there is no class for it: see RETIRED"
    }
    without = [fact for fact in FACTS if fact is not Sorted]
    assert set(changes(without, GOLDEN)) == {"demand.sorted"}


@pytest.mark.parametrize("name", ["Meta", "Stamp", "table demandflow_drafts"])
def test_what_is_around_facts_never_changes_but_for_new_fields(name: str) -> None:
    was = newest(GOLDEN)[name]
    field = next(iter(was.fields))
    for fields in ({**was.fields, field: "bytes"}, {**was.fields, "new": "str"}, dict([*was.fields.items()][1:])):
        altered = [shape if shape.name != name else replace(shape, fields=fields) for shape in GOLDEN]
        ((_, said),) = changes(FACTS, altered).items()
        assert name in said
        if fields.keys() == was.fields.keys():
            assert "its version is still 1" in said
            with pytest.raises(ValueError, match="its version is still 1"):
                made_anew(FACTS, altered)


def test_the_command_writes_a_new_file_and_edits_none(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "FOLDER", tmp_path)
    lines = [shape.line() for shape in GOLDEN]
    (tmp_path / "1.jsonl").write_text("".join(f"{line}\n" for line in lines[1:]), encoding="utf-8")
    assert shapes.main() == "2.jsonl: 1 shapes"
    assert shapes.main() == "nothing is new"
    assert newest(golden()) == newest(GOLDEN)
    assert (tmp_path / "1.jsonl").read_text(encoding="utf-8").splitlines() == lines[1:]
