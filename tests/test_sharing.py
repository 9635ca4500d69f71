"""What one AntBuddy stream fetched is kept on disk for the other, and goes with the process."""

from __future__ import annotations

import errno
import tempfile
from typing import IO, TYPE_CHECKING, Any

from tap_omnimessages import sharing
from tests.support import extract, keys_of, only, truth

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tap_omnimessages.sandbox import Sandbox


def test_a_full_disk_costs_requests_and_no_data(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # One request at a time, so that their number does not depend on which comes first.
    settings = only(sandbox, "antbuddy", max_concurrency=1)
    extract(settings)
    usual = len(sandbox.requests)
    sandbox.clear_requests()

    make_file = tempfile.TemporaryFile

    class FullDisk:
        def __init__(self, file: IO[bytes]) -> None:
            self._file = file

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: FullDisk(make_file()))
    run = extract(settings)
    assert run.error is None
    found = keys_of(run)
    expected = truth(sandbox)
    assert found["antbuddy_sessions"] == expected["antbuddy_sessions"]
    assert found["antbuddy_messages"] == expected["antbuddy_messages"]
    assert len(sandbox.requests) == 2 * usual
    (told,) = [r.getMessage() for r in caplog.records if "temporary file" in r.getMessage()]
    assert "No space left" in told


def test_no_file_is_left_behind_or_can_be_found_while_it_is_used(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[list[Path]] = []
    read_kept = sharing._read_kept

    def spy(file: IO[bytes], start: int, end: int) -> Any:
        seen.append(list(tmp_path.iterdir()))
        return read_kept(file, start, end)

    monkeypatch.setattr(sharing, "_read_kept", spy)
    assert extract(only(sandbox, "antbuddy")).error is None
    assert seen
    assert not any(seen)
    assert not list(tmp_path.iterdir())
