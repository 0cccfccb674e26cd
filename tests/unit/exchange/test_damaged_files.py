"""A file that is not what was exported is refused with its line, whatever became of it; and nothing is recorded."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow.errors import StorageError, UnknownFormat
from demandflow.exchange import DamagedFile, Loaded, export_log, load_log
from demandflow.exchange.lines import LineWriter
from tests.profiles import examples
from tests.unit.exchange.envelopes import envelope
from tests.unit.exchange.test_exchange import folder
from tests.unit.exchange.test_feed import filled


@given(st.data())
@settings(max_examples=examples(300))
def test_a_byte_that_was_changed_anywhere_is_refused_with_its_line(plain: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(plain) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != plain[at]))
    damaged = plain[:at] + bytes([other]) + plain[at + 1 :]
    assert refused(damaged) == plain.count(b"\n", 0, at) + 1


@given(st.data())
@settings(max_examples=examples(150))
def test_a_file_that_was_cut_off_anywhere_is_refused(plain: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(plain) - 1))
    assert refused(plain[:at]) == plain.count(b"\n", 0, at) + 1
    assert refused(plain + data.draw(st.binary(min_size=1))) > plain.count(b"\n")


@given(st.data())
@settings(max_examples=examples(100))
def test_lines_that_are_gone_doubled_or_in_another_order_are_refused(plain: bytes, data: st.DataObject) -> None:
    lines = plain.splitlines(keepends=True)
    others = data.draw(st.lists(st.sampled_from(lines), max_size=len(lines) + 2).filter(lambda some: some != lines))
    same = next(
        (at for at, (a, b) in enumerate(zip(lines, others, strict=False)) if a != b), min(len(lines), len(others))
    )
    assert refused(b"".join(others)) == same + 1


@given(st.data())
@settings(max_examples=examples(200))
def test_a_compressed_file_with_a_changed_byte_is_refused_or_says_the_same(packed: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(packed) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != packed[at]))
    damaged = packed[:at] + bytes([other]) + packed[at + 1 :]
    with folder() as here:
        (here / "damaged").write_bytes(damaged)
        try:
            load_log(here / "damaged", f"sqlite:///{here}/copy.db")
        except StorageError:
            assert not (here / "copy.db").exists()
        else:
            assert at < 10, "the header of gzip has bytes that say nothing"
            assert gzip.decompress(damaged) == gzip.decompress(packed)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    here = tmp_path_factory.mktemp("plain")
    export_log(filled(here / "log.db"), here / "log.jsonl")
    return (here / "log.jsonl").read_bytes()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    here = tmp_path_factory.mktemp("packed")
    export_log(filled(here / "log.db"), here / "log.jsonl.gz")
    return (here / "log.jsonl.gz").read_bytes()


def refused(content: bytes) -> int:
    """The line with which such a file is refused; nothing is made then."""
    with folder() as here:
        (here / "damaged").write_bytes(content)
        with pytest.raises(DamagedFile) as caught:
            load_log(here / "damaged", f"sqlite:///{here}/copy.db")
        assert not (here / "copy.db").exists()
        return caught.value.line


def test_the_lines_are_cloud_events_with_count_and_checksum(plain: bytes) -> None:
    lines = plain.splitlines(keepends=True)
    events = [envelope(line) for line in lines]
    assert [event["type"] for event in (events[0], events[-1])] == ["demandflow.log", "demandflow.end"]
    before = b"".join(lines[:-1])
    assert events[-1]["data"] == {"events": 6, "sha256": hashlib.sha256(before).hexdigest()}
    assert len({(event["source"], event["id"]) for event in events}) == 8


def made(*lines: dict[str, Any]) -> bytes:
    """A file with these lines, whose checks are right."""

    class Content:
        def __init__(self) -> None:
            self.lines: list[bytes] = []

        def write(self, line: bytes) -> None:
            self.lines.append(line)

    content = Content()
    writer = LineWriter(content)  # type: ignore[arg-type]
    for line in lines:
        if line["type"] == "demandflow.end" and line["data"] and line["data"]["sha256"] == "right":
            line = {**line, "data": {**line["data"], "sha256": writer.sha256}}
        writer.write(json.dumps(line).encode())
    return b"".join(content.lines)


def parts(plain: bytes) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in plain.splitlines()]
    for line in lines:
        del line["check"]
    lines[-1]["data"]["sha256"] = "right"
    return lines


def changed(line: int, **fields: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda lines: lines[line].update(fields)


def data_changed(line: int, **fields: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda lines: lines[line]["data"].update(fields)


MADE_WRONG: dict[str, tuple[Callable[[list[dict[str, Any]]], object], int, str]] = {
    "another log": (changed(3, source=f"urn:uuid:{'0' * 32}"), 4, "it is of another log"),
    "twice": (lambda lines: lines.insert(2, lines[1]), 3, "position 1 comes after position 1"),
    "a hole": (lambda lines: lines.pop(3), 4, "position 3 is missing"),
    "a version twice": (changed(4, version=1, id="x"), 5, "it is no event of a log"),
    "no position": (lambda lines: lines[2].pop("position"), 3, "it is no event of a log"),
    "a large position": (changed(6, position=2**63), 7, "it is no event of a log"),
    "no subject": (lambda lines: lines[2].pop("subject"), 3, "its subject is no id"),
    "no data": (lambda lines: lines[2].pop("data"), 3, "it has no data, or twice"),
    "data twice": (changed(2, data_base64="eA=="), 3, "it has no data, or twice"),
    "a type of its own": (changed(2, type=7), 3, "it is no CloudEvent"),
    "another version": (changed(2, specversion="0.3"), 3, "it is no CloudEvent of version 1.0"),
    "wrong count": (data_changed(-1, events=5), 8, "it should have 5 events"),
    "wrong checksum": (data_changed(-1, sha256="0"), 8, "and has 6 and"),
    "odd end": (changed(-1, data=[]), 8, "its end cannot be read"),
    "no end": (lambda lines: lines.pop(), 8, "the end is missing"),
    "more": (lambda lines: lines.append(lines[1]), 9, "something comes after its end"),
    "no beginning": (lambda lines: lines.pop(0), 1, "it does not begin with what it says of its log"),
    "odd beginning": (changed(0, data=7), 1, "what it says of its log cannot be read"),
    "odd source": (changed(0, source="x"), 1, "what it says of its log cannot be read"),
    "odd zone": (data_changed(0, settings={"format": "1", "zone": "nowhere"}), 1, "cannot be read"),
    "odd workflows": (data_changed(0, workflows={"a@1": "["}), 1, "cannot be read"),
    "odd decisions": (
        data_changed(0, decisions=[["end", "", 1, 1, "soon", "a", "b", None, "c"]]),
        1,
        "cannot be read",
    ),
}


@pytest.mark.parametrize("what", MADE_WRONG)
def test_what_is_wrong_with_the_checks_right_is_refused_as_well(plain: bytes, what: str) -> None:
    change, line, says = MADE_WRONG[what]
    lines = parts(plain)
    change(lines)
    with folder() as here:
        (here / "file").write_bytes(made(*lines))
        with pytest.raises(DamagedFile, match=f"line {line}: .*{says}"):
            load_log(here / "file", f"sqlite:///{here}/copy.db")
        assert not (here / "copy.db").exists()


def test_versions_out_of_order_are_refused_with_their_line(plain: bytes, tmp_path: Path) -> None:
    lines = parts(plain)
    lines[4].update(version=3, id=f"{lines[4]['subject']}/3")
    (tmp_path / "file").write_bytes(made(*lines))
    with pytest.raises(DamagedFile, match=r"line 5: version 2 of demand .* is missing"):
        load_log(tmp_path / "file", f"sqlite:///{tmp_path}/copy.db")
    lines[4].update(version=1, id=f"{lines[4]['subject']}/1")
    (tmp_path / "file").write_bytes(made(*lines))
    with pytest.raises(DamagedFile, match=r"line 5: version 1 of demand .* comes after version 1"):
        load_log(tmp_path / "file", f"sqlite:///{tmp_path}/copy.db")


def test_files_of_later_releases_are_refused(plain: bytes, tmp_path: Path) -> None:
    for change, says in (
        ({"export": 2}, "of format export 2"),
        ({"settings": {"format": "9", "zone": "UTC"}}, "of format 9"),
    ):
        lines = parts(plain)
        lines[0]["data"].update(change)
        (tmp_path / "file").write_bytes(made(*lines))
        with pytest.raises(UnknownFormat, match=says):
            load_log(tmp_path / "file", f"sqlite:///{tmp_path}/copy.db")


def test_an_empty_log_with_another_id_is_not_taken_for_one_that_lost_all(plain: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(
        made(*(parts(plain)[at] for at in (0,)), {**parts(plain)[-1], "data": {"events": 0, "sha256": "right"}})
    )
    other = filled(tmp_path / "other.db")
    with pytest.raises(StorageError, match="this log is another one"):
        load_log(tmp_path / "file", other)
    assert load_log(tmp_path / "file", f"sqlite:///{tmp_path}/copy.db") == Loaded(0, 0)
