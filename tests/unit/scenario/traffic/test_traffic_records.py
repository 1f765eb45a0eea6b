from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.model import RequestRecord
from pytest_cna.scenario.traffic.records import RecordFile, from_line, to_line

if TYPE_CHECKING:
    from pathlib import Path

GOOD = RequestRecord(12.5, 0.25, 3, "create", "POST", 201, "web@8001 core-2", "", "4711", True)
LOST = RequestRecord(13.0, 10.0, 4, "list", "GET", 0, "", "Timeout")


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_line_is_the_whole_record() -> None:
    for record in (GOOD, LOST):
        line = to_line(record)
        assert line.count("\n") == 1
        assert from_line(line) == record


def test_reads_on_from_where_it_was(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "requests.jsonl")
    assert file.read() == []
    append(file.path, to_line(GOOD))
    assert file.read() == [GOOD]
    append(file.path, to_line(LOST))
    assert file.read() == [GOOD, LOST]


def test_a_line_still_being_written_waits(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "requests.jsonl")
    line = to_line(LOST)
    append(file.path, to_line(GOOD) + line[:20])
    assert file.read() == [GOOD]
    append(file.path, line[20:])
    assert file.read() == [GOOD, LOST]


def test_begin_skips_earlier_records_and_cuts_a_torn_one(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "new" / "requests.jsonl")
    file.begin()
    append(file.path, to_line(GOOD) + to_line(LOST)[:20])
    file.begin()
    append(file.path, to_line(LOST))
    assert file.read() == [LOST]
    assert file.path.read_text(encoding="utf-8") == to_line(GOOD) + to_line(LOST)
