"""The manifest while the shipper runs: a changed one is read whole between two rounds; after a broken one the old stays."""

import logging
from collections.abc import Callable
from pathlib import Path

from headcount.metrics import Metrics
from producers.gateway.manifest import Manifest, ManifestError, load_manifest

_log = logging.getLogger("headcount.ship")
_WHAT = "manifest"

Signature = tuple[int, int, int] | None


class ManifestWatch:
    """Calls `use` with a manifest that has changed, once it has stopped changing. `look` is cheap."""

    def __init__(self, path: Path, use: Callable[[Manifest], None], *, metrics: Metrics) -> None:
        self._path = path
        self._use = use
        self._metrics = metrics
        self._loaded = self._seen = self._signature()
        metrics.gateway_broken.labels(_WHAT).set(0)

    def look(self) -> None:
        """Load what has changed since the last time; an editor may be half way through what changed just now."""
        signature = self._signature()
        if signature == self._seen and signature != self._loaded:
            self._loaded = signature
            self._load()
        self._seen = signature

    def _load(self) -> None:
        try:
            self._use(load_manifest(str(self._path)))
        except ManifestError as error:
            self._tell("broken")
            fields = {"what": error.what, "where": error.where, "do": error.do}
            _log.error("the manifest is broken: the old one stays in use", extra={"fields": fields})
        else:
            self._tell("loaded")
            _log.info("the manifest is loaded anew")

    def _tell(self, outcome: str) -> None:
        self._metrics.gateway_reloads.labels(_WHAT, outcome).inc()
        self._metrics.gateway_broken.labels(_WHAT).set(outcome == "broken")

    def _signature(self) -> Signature:
        try:
            known = self._path.stat()
        except OSError:
            return None
        return known.st_mtime_ns, known.st_size, known.st_ino
