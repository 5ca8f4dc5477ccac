"""The thin slice: a real event of this interpreter fits the contract."""

import os
import sys

from producers.builds import BuildTelemetry, Ref
from producers.builds.delivery import Outbox
from producers.builds.local import LocalRunner
from schemas.codec import encode
from schemas.topics import RAW_BUILDS


def test_a_real_event_has_pip_python_and_os_and_encodes() -> None:
    outbox = Outbox()
    telemetry = BuildTelemetry(outbox, project=Ref(207, "kiln"), runner=LocalRunner(os.environ), python=sys.executable)
    telemetry.collect()
    assert telemetry.finish(success=True)
    record = outbox.record
    assert record is not None
    assert record["project"]["id"] == "207"
    assert {row["name"] for row in record["packages"]["pip"]["all"]} >= {"pytest", "fastavro"}
    assert record["python"]["version"] == sys.version.split()[0]
    assert record["os"]["name"]
    batch = {"producer_id": "0" * 32, "seq": 0, "handed_over": 1, "dropped": 0, "events": [record]}
    assert encode(RAW_BUILDS, batch)
