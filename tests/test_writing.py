from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from convsolve.emit.writing import write_text
from convsolve.errors import Error


def refusal(path: str | Path, *, force: bool = False) -> str:
    with pytest.raises(Error) as caught:
        write_text(path, "new\n", force=force)
    return str(caught.value)


def test_a_new_file_is_written_whole_and_readable_like_any_other(tmp_path: Path) -> None:
    target = tmp_path / "decoder.py"
    mask = os.umask(0o022)
    try:
        write_text(target, "größe = 1\r\n")
    finally:
        os.umask(mask)
    assert target.read_bytes() == "größe = 1\r\n".encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert [*tmp_path.iterdir()] == [target]


def test_a_file_that_is_there_stays_without_force(tmp_path: Path) -> None:
    target = tmp_path / "decoder.py"
    target.write_text("old\n")
    assert refusal(target) == f"error[file-exists]: '{target}' is already there\n  help: add --force"
    assert target.read_text() == "old\n"
    target.chmod(0o640)
    write_text(target, "new\n", force=True)
    assert target.read_text() == "new\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [*tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_ordinary_file_is_never_written(tmp_path: Path, *, force: bool) -> None:
    (tmp_path / "real.py").write_text("old\n")
    (tmp_path / "link.py").symlink_to("real.py")
    (tmp_path / "loose.py").symlink_to("nowhere.py")
    os.mkfifo(tmp_path / "pipe.py")
    before = sorted(tmp_path.iterdir())
    for name, words in [
        ("link.py", "is a symbolic link\n  help: name the file that it leads to"),
        ("loose.py", "is a symbolic link\n  help: name the file that it leads to"),
        ("pipe.py", "is no ordinary file\n  help: choose another file"),
        (".", "is a directory\n  help: name a file in it"),
    ]:
        path = tmp_path / name
        assert refusal(path, force=force) == f"error[not-a-file]: '{path}' {words}"
    assert (tmp_path / "real.py").read_text() == "old\n"
    assert sorted(tmp_path.iterdir()) == before


def test_a_missing_directory_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "a" / "b"
    assert refusal(missing / "c.py") == (
        f"error[no-directory]: '{missing}' is no directory\n  help: make it first, or choose another file"
    )
    (tmp_path / "file").touch()
    assert "no-directory" in refusal(tmp_path / "file" / "c.py")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["a\0b.py", "x" * 300 + ".py", "\udfff\ud800.py"])
def test_a_name_that_cannot_be_is_an_error(tmp_path: Path, name: str) -> None:
    assert "error[cannot-write]" in refusal(tmp_path / name)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("call", ["write", "fsync", "fchmod", "replace", "link"])
@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, *, force: bool
) -> None:
    target = tmp_path / "decoder.py"
    if force:
        target.write_text("old\n")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if call == "replace":
        monkeypatch.setattr(Path, "replace", full)
    elif call == "write":
        fdopen = os.fdopen

        def opened(handle: int, mode: str) -> object:
            file = fdopen(handle, mode)
            monkeypatch.setattr(file.raw, "write", full)  # type: ignore[attr-defined]
            return file

        monkeypatch.setattr(os, "fdopen", opened)
    else:
        monkeypatch.setattr(os, call, full)
    if (call, force) in {("replace", False), ("link", True)}:  # the one that this way does not take
        write_text(target, "new\n", force=force)
        assert target.read_text() == "new\n"
        return
    assert refusal(target, force=force) == (
        f"error[cannot-write]: '{target}': no space left on device\n  help: choose another file"
    )
    assert [path.name for path in tmp_path.iterdir()] == (["decoder.py"] if force else [])
    assert not force or target.read_text() == "old\n"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    target = tmp_path / "decoder.py"
    monkeypatch.setattr(os, "fsync", lambda _: target.write_text("theirs\n"))
    if not links:  # as on some memory cards and network drives
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EPERM, "no")))
    assert "file-exists" in refusal(target)
    assert target.read_text() == "theirs\n"
    assert [*tmp_path.iterdir()] == [target]


def test_a_file_system_without_links_is_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOTSUP, "no")))
    write_text(tmp_path / "decoder.py", "new\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new\n"]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "decoder.py", "new\n")
    assert [*tmp_path.iterdir()] == []
