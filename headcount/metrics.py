"""Every metric of every process, in one place. No label holds anything that a client controls."""

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import HistogramMetricFamily

_LATENCY_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 600, 3600)
_COLLECTOR_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
"""All collectors of a build together take 60 s at most."""


class BulkHistogram:
    """A histogram that takes many values at once: one observe() of the client's a value would cost more than deciding
    the event that it comes from.
    """

    def __init__(
        self, name: str, doc: str, label: str, *, buckets: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name, self._doc = name, doc
        self._labelnames = (label,)
        self._bounds = tuple(buckets)
        self._most_ms = int(buckets[-1] * 1000)
        self._bounds_ms = tuple(int(bound * 1000) for bound in buckets)
        self._counts: dict[str, list[int]] = {}
        self._sums_ms: Tally[str] = Tally()
        self._lock = Lock()
        registry.register(self)

    def observe_ms(self, label: str, values: Iterable[int]) -> None:
        """Add values in milliseconds. A client's wild value counts as the last bucket's bound, so that it moves no sum."""
        kept = sorted(min(max(value, 0), self._most_ms + 1) for value in values)
        places = [bisect_left(self._bounds_ms, value) for value in kept]
        with self._lock:
            counts = self._counts.setdefault(label, [0] * (len(self._bounds) + 1))
            for place in places:
                counts[place] += 1
            self._sums_ms[label] += sum(kept)

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._doc, labels=self._labelnames)

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Give the family without values, as the client's own metrics do."""
        yield self._family()

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Give the family with what was observed so far."""
        family = self._family()
        with self._lock:
            seen = {label: list(counts) for label, counts in sorted(self._counts.items())}
            sums = dict(self._sums_ms)
        for label, counts in seen.items():
            total, buckets = 0, []
            for bound, count in zip((*map(str, map(float, self._bounds)), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, float(total)))
            family.add_metric((label,), buckets, sums[label] / 1000)
        yield family


class Metrics:
    """The metrics of one process, on a registry of their own: nothing is registered at import."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters()
        self._gauges()
        self._gateway()
        self.take_seconds = Histogram(
            "headcount_take_seconds",
            "From the start of a take to its commit.",
            ["stage"],
            buckets=_LATENCY_SECONDS,
            registry=self.registry,
        )
        self.event_to_row_seconds = Histogram(
            "headcount_event_to_row_seconds",
            "From the receipt of an event by Kafka to its row in Postgres.",
            buckets=_LATENCY_SECONDS,
            registry=self.registry,
        )
        self.collector_seconds = BulkHistogram(
            "headcount_collector_duration_seconds",
            "How long collectors of clean build events took.",
            "collector",
            buckets=_COLLECTOR_SECONDS,
            registry=self.registry,
        )

    def _counters(self) -> None:
        self.records = self._counter("headcount_records", "Kafka records by stage, in or out.", "stage", "direction")
        self.events = self._counter("headcount_events", "Events by stage, in or out.", "stage", "direction")
        self.refused = self._counter("headcount_refused", "Refused events by reason.", "reason")
        self.duplicates = self._counter("headcount_duplicates", "Duplicate events: batch or event.", "kind")
        self.passed_over = self._counter("headcount_passed_over", "Records below the own position.", "stage")
        self.dropped = self._counter("headcount_dropped_events", "Events that a producer dropped, by cause.", "cause")
        self.retired_rows = self._counter("headcount_retention_rows", "Rows that retention removed, by table.", "table")
        self.archived_rows = self._counter(
            "headcount_archived_rows", "Rows written to the archive before they were removed.", "table"
        )
        self.retention_failures = self._counter(
            "headcount_retention_failures", "Steps of retention that could not be done, by step.", "step"
        )
        self.rows = self._counter("headcount_rows_written", "Rows written to Postgres by table.", "table")
        self.retries = self._counter("headcount_transaction_retries", "Transactions tried again.", "stage")
        self.poison = self._counter("headcount_poison_rows", "Events that Postgres would not take.")
        self.hidden = self._counter(
            "headcount_hidden_values",
            "What was hidden or lost: private and other (values), unparsed (lines), dropped_keys.",
            "kind",
        )
        self.collector_expected = self._counter(
            "headcount_collector_expected", "Builds of which a collector's knowledge was expected.", "collector"
        )
        self.collector_known = self._counter(
            "headcount_collector_known", "Of these, the builds with that knowledge.", "collector"
        )
        self.field_expected = self._counter(
            "headcount_field_expected", "Builds in which a field was expected to have a value.", "field"
        )
        self.field_filled = self._counter(
            "headcount_field_filled", "Of these, the builds in which it has one.", "field"
        )
        self.collector_results = self._counter(
            "headcount_collector_results", "Collectors of clean build events by outcome.", "collector", "status"
        )

    def _gateway(self) -> None:
        self.gateway_requests = self._counter(
            "headcount_gateway_requests",
            "Requests that the gateway answered, but for those of people who opted out.",
            "rule",
            "status",
        )
        self.gateway_refused = self._counter(
            "headcount_gateway_refused", "Connections that ended with what is no request of ours.", "reason"
        )
        self.gateway_opted_out = self._counter(
            "headcount_gateway_opted_out", "Requests of people who opted out (DNT, Sec-GPC)."
        )
        self.gateway_unknown_projects = self._counter(
            "headcount_gateway_unknown_projects", "Requests for Python projects that are not served: no name is kept."
        )
        self.gateway_errors = self._counter("headcount_gateway_errors", "Mistakes of ours while answering.", "where")
        self.gateway_reloads = self._counter(
            "headcount_gateway_reloads", "Reloads of the manifest or the certificate.", "what", "outcome"
        )
        self.gateway_broken = self._gauge(
            "headcount_gateway_broken", "1 while a file that changed is broken and the old one is in use.", "what"
        )
        self.gateway_upstream = self._counter(
            "headcount_gateway_upstream",
            "What upstreams answered when they were asked: fetched, unchanged, missing, or away.",
            "what",
            "outcome",
        )
        self.gateway_kept_bytes = self._gauge(
            "headcount_gateway_kept_bytes", "Memory of what is kept of upstreams.", "what"
        )
        self.gateway_connections = self._gauge("headcount_gateway_connections", "Open connections.")
        self.ship_lines = self._counter(
            "headcount_ship_lines",
            "Lines of an access log by what became of them: event, opted_out, refused, early (before --from), no_request.",
            "outcome",
        )
        self.ship_behind = self._gauge("headcount_ship_behind_bytes", "Bytes of the log that are not yet shipped.")
        self.ship_lost = self._counter(
            "headcount_ship_lost_files", "Files whose rest could not be found again, by what happened to them.", "how"
        )

    def _gauges(self) -> None:
        self.lag = self._gauge("headcount_lag_records", "Records not yet handled.", "topic", "partition")
        self.stopped = self._gauge(
            "headcount_stopped_partitions", "Partitions that stopped, by cause.", "stage", "cause"
        )
        self.spool_bytes = self._gauge("headcount_spool_bytes", "Bytes in the spool.")
        self.spool_batches = self._gauge("headcount_spool_batches", "Batches in the spool.")
        self.state_rows = self._gauge("headcount_state_rows", "State rows in memory.", "partition")
        self.retention_at = self._gauge(
            "headcount_retention_timestamp_seconds", "When retention was last done whole, seconds since 1970."
        )
        self.restarts = self._gauge("headcount_restarts", "How often this process was started again.")
        self.completeness_alert = self._gauge(
            "headcount_completeness_alert", "1: an alert of completeness fires; 0: it does not.", "alert", "name"
        )
        self.ledger_difference = self._gauge("headcount_ledger_difference", "The ledger's differences: 0.", "identity")

    def _counter(self, name: str, doc: str, *labels: str) -> Counter:
        return Counter(name, doc, labels, registry=self.registry)

    def _gauge(self, name: str, doc: str, *labels: str) -> Gauge:
        return Gauge(name, doc, labels, registry=self.registry)

    def render(self) -> bytes:
        """Give all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
