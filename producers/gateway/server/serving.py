"""What one process of the gateway is made of, from a manifest's path to the last flush."""

import logging
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Final

from headcount import __version__
from headcount.local import kafka_of
from headcount.metrics import Metrics
from headcount.settings import Settings
from producers.gateway.events.gather import Gatherer
from producers.gateway.manifest import Manifest, ManifestError
from producers.gateway.routing.router import Router
from producers.gateway.server.client import Proxies
from producers.gateway.server.last_good import LastGood
from producers.gateway.server.reload import Watched
from producers.gateway.server.runtime import Runtime
from producers.gateway.server.tls import Certificate
from producers.gateway.server.worker import Worker
from producers.gateway.upstream import Upstreams
from producers.publisher import Publisher

FLUSH_SECONDS: Final = 5.0
"""For Kafka, after the last answer; what it has not taken by then is in the spool."""

FILES: Final = 16_384
"""Open files: all connections that a worker takes, and some for Kafka, upstreams and the spool."""

_log = logging.getLogger("headcount.gateway")


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served: a manifest, a certificate or none, and whose forwarded headers are believed (networks)."""

    manifest: Path
    proxies: tuple[str, ...] = ()
    certificate: Certificate | None = None


def check(serving: Serving, settings: Settings) -> None:
    """Read all files once. Raises HeadcountError where one cannot be used, or where no Kafka is known."""
    kafka_of(settings)
    _first_manifest(LastGood(serving.manifest, settings.process.state_dir / "gateway"), settings.process.restarts)
    if serving.certificate is not None:
        serving.certificate.context()


def _first_manifest(files: LastGood, restarts: int) -> tuple[Manifest, ManifestError | None]:
    return files.load_again() if restarts else (files.load(), None)


def serve(serving: Serving, settings: Settings, sockets: list[socket], *, metrics: Metrics, restarts: int) -> None:
    """Serve on sockets that listen, until SIGTERM; then finish what is in flight and hand all events over.

    After `restarts` a manifest that is broken by now is the one that was served before.
    Raises HeadcountError where a file cannot be used.
    """
    _raise_the_limit_of_files()
    # A reload that is asked for while we start is none: the files are read below.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    files = LastGood(serving.manifest, settings.process.state_dir / "gateway")
    publisher = Publisher(
        kafka_of(settings), spool_dir=settings.spool.folder, spool_bytes=settings.spool.max_bytes, metrics=metrics
    )
    publisher.flush(0)  # what a former one left in the spool goes out without waiting for a first request
    gatherer = Gatherer(publisher, metrics=metrics)
    upstreams = Upstreams(agent=f"headcount-gateway/{__version__}", metrics=metrics)

    def load() -> Callable[[], None]:
        route = Router(files.load(), upstreams).route
        return lambda: runtime.swap(route)

    # Before the files are read for the first time: what changes from now on is seen.
    watched = [Watched("manifest", [serving.manifest], load, metrics=metrics)]
    tls = None
    if serving.certificate is not None:
        tls = serving.certificate.context()
        pair = [serving.certificate.chain, serving.certificate.key]
        watched.append(Watched("certificate", pair, serving.certificate.loader(tls), metrics=metrics))
    manifest, wrong = _first_manifest(files, restarts)
    if wrong is not None:
        watched[0].is_broken(wrong)
    runtime = Runtime(
        route=Router(manifest, upstreams).route,
        add=gatherer.add,
        metrics=metrics,
        proxies=Proxies(serving.proxies),
        upstreams=upstreams,
    )
    worker = Worker(runtime, gatherer=gatherer, watched=watched, tls=tls, clean_up=upstreams.close)
    try:
        worker.serve_on(sockets)
    finally:
        left = publisher.flush(FLUSH_SECONDS)
        publisher.close()
        _log.info("the gateway has stopped", extra={"fields": {"events_in_spool": left}})


def _raise_the_limit_of_files() -> None:
    # A connection is an open file, and the usual limit is 1024.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
