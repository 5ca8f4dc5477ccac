"""Pages of several workers as one that Prometheus reads."""

from headcount.metrics import Metrics
from producers.gateway.server.scrape import together


def test_each_line_has_its_worker_and_families_stay_together() -> None:
    own, first, second = Metrics(), Metrics(), Metrics()
    own.restarts.set(7)
    first.gateway_requests.labels("file", "3xx").inc(5)
    first.take_seconds.labels("sink").observe(0.02)
    second.gateway_requests.labels("file", "3xx").inc(6)
    page = together(own.render().decode(), {1: second.render().decode(), 0: first.render().decode()})
    lines = page.splitlines()
    assert "headcount_restarts 7.0" in lines
    assert 'headcount_gateway_requests_total{worker="0",rule="file",status="3xx"} 5.0' in lines
    assert 'headcount_gateway_requests_total{worker="1",rule="file",status="3xx"} 6.0' in lines
    assert any(line.startswith('headcount_take_seconds_bucket{worker="0",le="0.025",stage="sink"}') for line in lines)
    families = [line.split()[2] for line in lines if line.startswith("# HELP ")]
    assert len(families) == len(set(families))
