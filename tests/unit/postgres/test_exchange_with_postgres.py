"""A log goes from one database to the other and back, the same in every byte; and what verify, feed and backup say."""

from __future__ import annotations

from pathlib import Path

import pytest

from demandflow import DemandFlow
from demandflow.cli.main import main
from demandflow.errors import InvalidValue
from demandflow.exchange.backing_up import backup_log
from demandflow.exchange.exporting import export_log
from demandflow.exchange.loading import Loaded, load_log
from tests.unit.recording.test_counts import lives


def test_a_log_goes_to_postgresql_and_back_the_same_in_every_byte(
    postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, back = f"sqlite:///{tmp_path / 'first.db'}", f"sqlite:///{tmp_path / 'back.db'}"
    with DemandFlow.open(first, zone="Asia/Shanghai") as flow:
        lives(flow, 5)
        figures, board = flow.figures(), flow.board()
    files = [tmp_path / f"{name}.jsonl" for name in ("first", "postgres", "back")]
    export_log(first, files[0])
    assert load_log(files[0], postgres) == Loaded(35, 35)
    assert load_log(files[0], postgres) == Loaded(35, 0)
    export_log(postgres, files[1])
    load_log(files[1], back)
    export_log(back, files[2])
    assert len({file.read_bytes() for file in files}) == 1
    with DemandFlow.open(postgres, create=False) as flow:
        assert (flow.figures(), flow.board()) == (figures, board)
        lives(flow, 1)
        assert flow.last_position() == 42
    assert main(["verify", postgres]) == 0
    capsys.readouterr()
    assert main(["feed", postgres, "--after", "40"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_row_that_was_altered_in_the_tables_is_named(postgres: str, capsys: pytest.CaptureFixture[str]) -> None:
    with DemandFlow.open(postgres) as flow:
        lives(flow, 2)
        flow.figures()
        harm = "UPDATE demandflow_board SET state = 'accepted'"
        flow._log._recorder.transaction(lambda connection: connection.execute(harm))
    assert main(["verify", postgres]) == 1
    assert "demandflow_board" in capsys.readouterr().out


def test_a_backup_is_left_to_the_server(postgres: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="pg_basebackup"):
        backup_log(postgres, tmp_path / "copy.db")
