"""Temporary folders: whose owner is gone is removed, and nothing else."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import temporary

HOLD = """
import sys, time
from pathlib import Path
from codegen import temporary
with temporary.folder(base=Path(sys.argv[1])) as folder:
    (folder / "file").write_text("content")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_removed_at_its_end(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a bad day"):  # noqa: SIM117
        with temporary.folder(base=tmp_path) as folder:
            (folder / "file").write_text("content")
            assert folder.parent == tmp_path
            assert folder.name.startswith("codegen-")
            raise ValueError("a bad day")
    assert list(tmp_path.iterdir()) == []


def test_only_what_was_abandoned_is_removed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    holders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        folders = [Path(each.stdout.readline().strip()) for each in holders if each.stdout]
        assert len({*tmp_path.iterdir()} & {*folders}) == 2
        holders[0].kill()
        holders[0].wait()
        (tmp_path / "codegen-notes").mkdir()
        (tmp_path / "codegen-link").symlink_to(folders[0])
        (tmp_path / "codegen-file").touch()
        with temporary.folder(base=tmp_path) as folder:
            found = {each.name for each in tmp_path.iterdir()}
        assert found == {
            *("codegen-notes", "codegen-link", "codegen-file"),
            folders[1].name,
            folder.name,
        }
        assert (folders[1] / "file").read_text() == "content"
    finally:
        for each in holders:
            each.kill()
            each.communicate()


def test_a_folder_that_was_taken_for_abandoned_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process removes it in the moment between its making and its lock."""
    flock = fcntl.flock
    removed: list[Path] = []

    def late(lock: int, operation: int) -> None:
        if not removed:
            (made,) = tmp_path.iterdir()
            shutil.rmtree(made)
            removed.append(made)
        flock(lock, operation)

    monkeypatch.setattr("codegen.temporary.fcntl.flock", late)
    with temporary.folder(base=tmp_path) as folder:
        assert folder.is_dir()
        assert [folder] == list(tmp_path.iterdir())
    assert removed
    assert list(tmp_path.iterdir()) == []
