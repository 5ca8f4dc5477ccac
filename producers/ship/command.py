"""`headcount ship-nginx`: words in, a shipper that runs until SIGTERM, or with --once until the log is shipped."""

import json
import logging
import os
import signal
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import click

from headcount.errors import HeadcountError, SettingError, UnavailableError
from headcount.logs import configure
from headcount.metrics import Metrics
from headcount.serve import Health, Server
from headcount.settings import KafkaSettings, load, need_kafka
from producers.gateway.manifest import Manifest, load_manifest
from producers.gateway.server.client import Proxies
from producers.ship.delivery import Delivery
from producers.ship.events import Events
from producers.ship.follow import Follower
from producers.ship.manifest_watch import ManifestWatch
from producers.ship.position import Position, PositionFile, folder_of
from producers.ship.rounds import Rounds
from producers.ship.series import begun, series_now
from producers.ship.shipper import Counts, Shipper

RETRY_SECONDS: Final = 2.0
LATE_SECONDS: Final = 120.0

_FILE = click.Path(path_type=Path, dir_okay=False)
_log = logging.getLogger("headcount.ship")


@click.command("ship-nginx")
@click.argument("file", type=_FILE)
@click.option("--manifest", type=_FILE, help="What is served, as of the gateway (HEADCOUNT_GATEWAY_MANIFEST).")
@click.option("--once", is_flag=True, help="End when everything that is there has arrived.")
@click.option(
    "--from",
    "since",
    type=click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")),
    help="Begin with the rotated files (.1, .2.gz, …) at this day or second, UTC; only where there is no position yet.",
)
@click.option("--host", help="Host of lines in `combined`, which have none; by default the manifest's only one.")
@click.option(
    "--trusted-proxy", "proxies", multiple=True, help="Network whose X-Forwarded-For is believed; again for more."
)
@click.option(
    "--position",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the position; by default one for each log in the state folder.",
)
@click.option("--json", "as_json", is_flag=True, help="At the end, print `lines`, `events`, `refused` as one object.")
def ship_nginx(
    file: Path,
    manifest: Path | None,
    once: bool,
    since: datetime | None,
    host: str | None,
    proxies: tuple[str, ...],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Follow an access log of nginx, and send the gateway's events of its lines, each exactly once.

    FILE is nginx's, in our JSON format (deploy/nginx/headcount.conf) or in `combined`. It may be rotated in any way.

    Example: headcount ship-nginx /var/log/nginx/headcount.log --manifest gateway.toml
    """
    settings = load(os.environ)
    kafka = need_kafka(settings)
    manifest = manifest or settings.gateway.manifest
    if manifest is None:
        raise click.UsageError("name a manifest with --manifest or HEADCOUNT_GATEWAY_MANIFEST")
    trusted = _proxies(proxies or settings.gateway.trusted_proxies)
    metrics = Metrics()
    source = _Source(manifest, trusted, host, metrics)
    configure("ship", settings.process.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    position_file = PositionFile(folder or folder_of(file, settings.process.state_dir))
    delivery = Delivery(kafka, metrics=metrics, is_stopping=stopping.is_set, wait=stopping.wait)
    try:
        position = _begin(position_file.read(), since)
        server = Server(settings.process, metrics, Health(alive=lambda: None, ready=lambda: _late(delivery)))
        fields = {"file": str(file), "position": str(position_file.path), "metrics": server.url}
        _log.info("the shipper runs", extra={"fields": fields})
        try:
            follower = _await_log(file, position, metrics, once=once, stopping=stopping)
            series = _await_kafka(kafka, once=once, stopping=stopping)
            if follower is None or series is None:
                return
            position = begun(position, kafka, series)
            rounds = Rounds(kafka, source.events, position.numbers, since=position.since, has_begun=position.has_begun)
            shipper = Shipper(
                position_file,
                position,
                follower=follower,
                rounds=rounds,
                delivery=delivery,
                metrics=metrics,
                is_stopping=stopping.is_set,
                wait=stopping.wait,
            )
            shipper.run(once=once, look=lambda: source.look(rounds))
        finally:
            server.close()
    finally:
        position_file.close()
    _tell(shipper.counts, as_json=as_json)


class _Source:
    """The manifest in use, made ready for lines. Raises ManifestError where there is none to begin with."""

    def __init__(self, manifest: Path, proxies: Proxies, host: str | None, metrics: Metrics) -> None:
        self._proxies, self._host = proxies, host
        # Before it is read for the first time: what changes from now on is seen.
        self._watch = ManifestWatch(manifest, self._use, metrics=metrics)
        self._use(load_manifest(str(manifest)))

    def _use(self, manifest: Manifest) -> None:
        self.events = Events(manifest, proxies=self._proxies, host=self._host)

    def look(self, rounds: Rounds) -> None:
        self._watch.look()
        rounds.use(self.events)


def _begin(position: Position, since: datetime | None) -> Position:
    if position.files or since is None:
        return position
    return replace(position, since=int(since.replace(tzinfo=UTC).timestamp()) * 1_000_000)


def _await_log(
    file: Path, position: Position, metrics: Metrics, *, once: bool, stopping: threading.Event
) -> Follower | None:
    while not stopping.is_set():
        if file.exists() or position.files:
            return Follower(
                file,
                position.files,
                position.done,
                with_rotated=position.since is not None,
                lost=lambda how: metrics.ship_lost.labels(how).inc(),
            )
        error = UnavailableError("there is no such log", where=str(file), do="name the log that nginx writes")
        _wait(error, once=once, stopping=stopping)
    return None


def _await_kafka(kafka: KafkaSettings, *, once: bool, stopping: threading.Event) -> str | None:
    while not stopping.is_set():
        try:
            return series_now(kafka)
        except UnavailableError as error:
            _wait(error, once=once, stopping=stopping)
    return None


def _wait(error: HeadcountError, *, once: bool, stopping: threading.Event) -> None:
    if once:
        raise error
    _log.warning("the shipper waits", extra={"fields": {"what": error.what, "where": error.where, "do": error.do}})
    stopping.wait(RETRY_SECONDS)


def _late(delivery: Delivery) -> str | None:
    since = delivery.waits_since
    waited = 0.0 if since is None else time.monotonic() - since
    return f"Kafka has not taken a round for {waited:.0f} s" if waited > LATE_SECONDS else None


def _proxies(networks: tuple[str, ...]) -> Proxies:
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise SettingError(
                f"{network!r} is no network: {error}",
                where="--trusted-proxy",
                do="give one such as 192.0.2.0/24 or 2001:db8::1",
            ) from error
    return Proxies(networks)


def _tell(counts: Counts, *, as_json: bool) -> None:
    row = counts.row()
    if as_json:
        click.echo(json.dumps(row))
    else:
        click.echo(", ".join(f"{name} {count}" for name, count in row.items()))
