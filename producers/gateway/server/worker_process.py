"""One of several workers: told on its stdin what to serve and where; when that ends, so does it."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from socket import socket
from typing import Any, TextIO

from headcount.errors import HeadcountError
from headcount.logs import configure
from headcount.metrics import Metrics
from headcount.serve import Health, Server
from headcount.settings import ProcessSettings, load
from producers.gateway.server.serving import Serving, serve
from producers.gateway.server.sockets import join
from producers.gateway.server.tls import Certificate


def to_words(serving: Serving, sockets: list[socket], number: int, restarts: int) -> str:
    """Give the one line that a worker is told."""
    certificate = serving.certificate
    return json.dumps(
        {
            "manifest": str(serving.manifest),
            "proxies": serving.proxies,
            "certificate": None if certificate is None else [str(certificate.chain), str(certificate.key)],
            "listens": [each.getsockname()[:2] for each in sockets],
            "number": number,
            "restarts": restarts,
        }
    )


def from_words(told: dict[str, Any]) -> Serving:
    """Read it again."""
    certificate = told["certificate"]
    return Serving(
        Path(told["manifest"]),
        tuple(told["proxies"]),
        None if certificate is None else Certificate(*map(Path, certificate)),
    )


def main(source: TextIO) -> int:
    """Serve until SIGTERM, or until whoever started us is gone. Says on stdout where the metrics are."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    told = json.loads(source.readline())
    settings = load(os.environ)
    configure(f"gateway-{told['number']}", settings.process.log_level)
    metrics = Metrics()
    beside = ProcessSettings(settings.process.state_dir, restarts=told["restarts"])
    server = Server(beside, metrics, Health(alive=lambda: None, ready=lambda: None))
    threading.Thread(target=_end_with, args=(source,), name="parent", daemon=True).start()
    sys.stdout.write(json.dumps({"metrics": f"{server.url}/metrics"}) + "\n")
    sys.stdout.flush()
    try:
        serve(
            from_words(told),
            settings,
            [join(host, port) for host, port in told["listens"]],
            metrics=metrics,
            restarts=told["restarts"],
        )
    except HeadcountError as error:
        sys.stderr.write(f"error: {error.what}\n  where: {error.where}\n  what to do: {error.do}\n")
        return 1
    return 0


def _end_with(source: TextIO) -> None:
    source.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.stdin))
