"""The last manifest that could be served, kept beside the state: for a process that starts again while the file is broken.

A broken manifest changes nothing (DL3). That holds for a worker that dies meanwhile as well: it has no old one in memory.
"""

import contextlib
import hashlib
import os
from pathlib import Path

from producers.gateway.manifest import Manifest, ManifestError, load_manifest


class LastGood:
    """Reads a manifest, and keeps a copy of what could be served."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        self._copy = folder / f"{hashlib.sha256(str(file).encode()).hexdigest()[:16]}.toml"

    def load(self) -> Manifest:
        """Read the manifest. Raises ManifestError."""
        content = self._content()
        manifest = load_manifest(str(self._file))
        if content is not None and content == self._content():
            self._keep(content)
        return manifest

    def load_again(self) -> tuple[Manifest, ManifestError | None]:
        """Read it in a process that is started again: the copy, and what is wrong, where the file is broken by now.

        Raises ManifestError where there is no copy either.
        """
        try:
            return self.load(), None
        except ManifestError as error:
            try:
                return load_manifest(str(self._copy)), error
            except ManifestError:
                raise error from None

    def _content(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except OSError:
            return None

    def _keep(self, content: bytes) -> None:
        new = self._copy.with_suffix(f".{os.getpid()}.new")
        with contextlib.suppress(OSError):  # a full disk changes no answer
            self._copy.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(content)
            new.replace(self._copy)
