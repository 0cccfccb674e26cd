"""A new file that appears complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from demandflow.errors import InvalidValue
from demandflow.exchange.lines import file_named
from demandflow.store.sqlite.failures import FILE, storage_errors
from demandflow.store.sqlite.files import appear


def new_file(file: object) -> Path:
    """The path of a file that can be made. Raises InvalidValue."""
    path = file_named(file)
    try:
        if path.exists() or path.is_symlink():
            raise _is_there(path)
        if not path.parent.is_dir():
            raise InvalidValue("file", f"the folder {path.parent} does not exist; create it first")
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue("file", f"{str(path)[:80]!r} cannot be the name of a file") from None
    return path


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """The name to write the file under; after the block it has its own. Raises InvalidValue if another has that then.

    If the block raises, nothing is left of it. Raises StorageError.
    """
    draft = path.with_name(f".{uuid4().hex}.new")
    with storage_errors(FILE):
        try:
            yield draft
            with draft.open("rb+") as made:
                os.fsync(made.fileno())
            appear(draft, str(path))
        except FileExistsError:
            raise _is_there(path) from None
        finally:
            draft.unlink(missing_ok=True)


def _is_there(path: Path) -> InvalidValue:
    return InvalidValue("file", f"{path} is there already, and nothing is overwritten; name another")
