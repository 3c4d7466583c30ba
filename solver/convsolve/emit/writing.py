"""Writing a file: the whole of it or nothing, and never over another without being told to."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convsolve.errors import Error, shown


def write_text(path: str | os.PathLike[str], text: str, *, force: bool = False) -> None:
    r"""Write text to a file, at once: a reader sees the old file or the new one, never a part.

    Args:
        path: where; its directory must be there, and it must not be a symbolic link.
        text: what, written as UTF-8 with the line ends as they are.
        force: whether a file that is already there may be replaced.

    Raises:
        Error: ``file-exists``, ``no-directory``, ``not-a-file`` or ``cannot-write``. Nothing is left
            behind then.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as directory:
        ...     write_text(f"{directory}/decoder.py", "model = None\n")
        ...     Path(directory, "decoder.py").read_text()
        'model = None\n'
    """
    target = Path(path)
    data = text.encode()
    with _named_errors(target):
        mode = _refuse(target, force=force)
        _replace(target, data, mode, force=force)


def refuse(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Raise what `write_text` would raise, before the work whose result is to be written.

    Example:
        >>> refuse("no/such/directory/decoder.py")
        Traceback (most recent call last):
        convsolve.errors.Error: error[no-directory]: 'no/such/directory' is no directory
          help: make it first, or choose another file
    """
    target = Path(path)
    with _named_errors(target):
        _refuse(target, force=force)


@contextmanager
def _named_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise _exists(target) from None
    except (OSError, ValueError) as error:  # a ValueError is a NUL or a lone surrogate in the path
        if isinstance(error, Error):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Error("cannot-write", f"{_shown(target)}: {reason.lower()}", help=["choose another file"]) from None


def _refuse(target: Path, *, force: bool) -> int | None:
    """Raise where the target cannot be written; else the permissions of the file to be replaced."""
    if not target.parent.is_dir():
        raise Error(
            "no-directory",
            f"{_shown(target.parent)} is no directory",
            help=["make it first, or choose another file"],
        )
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise Error("not-a-file", f"{_shown(target)} is a directory", help=["name a file in it"])
    if stat.S_ISLNK(mode):
        # Replacing would cut the link, following it would write where nobody looked: neither is asked for.
        raise Error("not-a-file", f"{_shown(target)} is a symbolic link", help=["name the file that it leads to"])
    if not stat.S_ISREG(mode):
        raise Error("not-a-file", f"{_shown(target)} is no ordinary file", help=["choose another file"])
    if not force:
        raise _exists(target)
    return stat.S_IMODE(mode)


def _replace(target: Path, data: bytes, mode: int | None, *, force: bool) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".convsolve-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), _usual_mode() if mode is None else mode)
            os.fsync(file.fileno())
        if force:
            Path(name).replace(target)
        else:
            _link(name, target)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _link(name: str, target: Path) -> None:
    try:
        # Unlike a rename, a link fails where a file has appeared since we looked.
        os.link(name, target)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}:
            raise
        if os.path.lexists(target):  # a file system without links: look once more, as late as can be
            raise FileExistsError from None
        Path(name).replace(target)


def _usual_mode() -> int:
    # mkstemp makes files that only their owner reads; there is no way to ask for the mask without setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _exists(target: Path) -> Error:
    return Error("file-exists", f"{_shown(target)} is already there", help=["add --force"])


def _shown(path: Path) -> str:
    return shown(str(path), limit=200)
