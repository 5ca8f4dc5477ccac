"""`headcount gateway`: words in, a gateway that runs until SIGTERM."""

import logging
import os
from ipaddress import ip_network
from pathlib import Path

import click

from headcount.errors import SettingError
from headcount.logs import configure
from headcount.metrics import Metrics
from headcount.serve import Health, Server
from headcount.settings import load
from producers.gateway import manifest_command
from producers.gateway.server.serving import Serving, check, serve
from producers.gateway.server.sockets import listen, reserve, urls
from producers.gateway.server.tls import Certificate
from producers.gateway.server.workers import Workers

DEFAULT_PORT = 8080

_FILE = click.Path(path_type=Path, dir_okay=False)
_log = logging.getLogger("headcount.gateway")


@click.group(invoke_without_command=True)
@click.option("--manifest", type=_FILE, help="What is served (HEADCOUNT_GATEWAY_MANIFEST).")
@click.option(
    "--host", "hosts", multiple=True, help="Address to listen on; again for more. By default loopback; `::` is all."
)
@click.option("--port", type=click.IntRange(0, 65535), help="8080 by default; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes; one a core.")
@click.option("--certificate", type=_FILE, help="Chain in PEM, for TLS.")
@click.option("--key", type=_FILE, help="Its key.")
@click.option(
    "--trusted-proxy", "proxies", multiple=True, help="Network whose X-Forwarded-For is believed; again for more."
)
@click.pass_context
def gateway(
    context: click.Context,
    manifest: Path | None,
    hosts: tuple[str, ...],
    port: int | None,
    workers: int,
    certificate: Path | None,
    key: Path | None,
    proxies: tuple[str, ...],
) -> None:
    """Stand before a registry: answer or redirect each request, and send an event of it to Kafka afterwards.

    The manifest and the certificate are read anew when they change, and on SIGHUP.

    Example: headcount gateway --manifest gateway.toml --host :: --port 8080
    """
    if context.invoked_subcommand is not None:
        return
    settings = load(os.environ)
    manifest = manifest or settings.gateway.manifest
    if manifest is None:
        raise click.UsageError("name a manifest with --manifest or HEADCOUNT_GATEWAY_MANIFEST")
    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key go together")
    for proxy in proxies:
        _check_network(proxy)
    serving = Serving(
        manifest.absolute(),
        proxies or settings.gateway.trusted_proxies,
        Certificate(certificate.absolute(), key.absolute()) if certificate and key else None,
    )
    configure("gateway", settings.process.log_level)
    check(serving, settings)
    take = listen if workers == 1 else reserve
    sockets = take(hosts or settings.gateway.hosts, _port(port, settings.gateway.port))
    several = Workers(serving, sockets, workers) if workers > 1 else None
    metrics = several or Metrics()
    ready = several.ready if several else lambda: None
    server = Server(settings.process, metrics, Health(alive=lambda: None, ready=ready))
    where = urls(sockets, "https" if serving.certificate else "http")
    _log.info("the gateway listens", extra={"fields": {"urls": where, "metrics": server.url, "workers": workers}})
    if several:
        several.run()
    else:
        serve(serving, settings, sockets, metrics=metrics, restarts=settings.process.restarts)


gateway.add_command(manifest_command.check)
gateway.add_command(manifest_command.explain)


def _port(*given: int | None) -> int:
    return next((port for port in given if port is not None), DEFAULT_PORT)


def _check_network(text: str) -> None:
    try:
        ip_network(text)
    except ValueError as error:
        raise SettingError(
            f"{text!r} is no network: {error}",
            where="--trusted-proxy",
            do="give one such as 192.0.2.0/24 or 2001:db8::1",
        ) from error
