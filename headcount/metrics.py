"""Every metric of every process, in one place. No label holds anything that a client controls."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 600, 3600)


class Metrics:
    """The metrics of one process, on a registry of their own: nothing is registered at import."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters()
        self._gauges()
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

    def _counters(self) -> None:
        self.records = self._counter("headcount_records", "Kafka records by stage, in or out.", "stage", "direction")
        self.events = self._counter("headcount_events", "Events by stage, in or out.", "stage", "direction")
        self.refused = self._counter("headcount_refused", "Refused events by reason.", "reason")
        self.duplicates = self._counter("headcount_duplicates", "Duplicate events: batch or event.", "kind")
        self.passed_over = self._counter("headcount_passed_over", "Records below the own position.", "stage")
        self.dropped = self._counter("headcount_dropped_events", "Events that a producer dropped, by cause.", "cause")
        self.rows = self._counter("headcount_rows_written", "Rows written to Postgres by table.", "table")
        self.retries = self._counter("headcount_transaction_retries", "Transactions tried again.", "stage")
        self.poison = self._counter("headcount_poison_rows", "Events that Postgres would not take.")
        self.hidden = self._counter("headcount_hidden_values", "Values that became (private) or (other).", "kind")
        self.collector_results = self._counter(
            "headcount_collector_results", "Collectors of clean build events by outcome.", "collector", "status"
        )

    def _gauges(self) -> None:
        self.lag = self._gauge("headcount_lag_records", "Records not yet handled.", "topic", "partition")
        self.stopped = self._gauge(
            "headcount_stopped_partitions", "Partitions that stopped, by cause.", "stage", "cause"
        )
        self.spool_bytes = self._gauge("headcount_spool_bytes", "Bytes in the spool.")
        self.spool_batches = self._gauge("headcount_spool_batches", "Batches in the spool.")
        self.state_rows = self._gauge("headcount_state_rows", "State rows in memory.", "partition")
        self.restarts = self._gauge("headcount_restarts", "How often this process was started again.")
        self.ledger_difference = self._gauge("headcount_ledger_difference", "The ledger's differences: 0.", "identity")

    def _counter(self, name: str, doc: str, *labels: str) -> Counter:
        return Counter(name, doc, labels, registry=self.registry)

    def _gauge(self, name: str, doc: str, *labels: str) -> Gauge:
        return Gauge(name, doc, labels, registry=self.registry)

    def render(self) -> bytes:
        """Give all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
