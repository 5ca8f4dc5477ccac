"""The peer: stock Faust, one event a record, `send` awaited for each; at least once, without state, positions or fencing.

`python -m benchmarks.stock_faust BOOTSTRAP RAW CLEAN`. The pure functions are the ones that our worker calls.
"""

import sys

import faust

from schemas.batches import MAX_RECORD_BYTES
from schemas.codec import decode, encode
from schemas.topics import PARTITIONS
from streams.builds.domain import builds
from streams.scrub.names import load


def main() -> None:
    bootstrap, raw_name, clean_name = sys.argv[1:]
    domain = builds(load())
    app = faust.App(
        "stock",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        web_enabled=False,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        producer_max_request_size=4 * MAX_RECORD_BYTES,
    )
    raw = app.topic(raw_name, value_type=bytes, value_serializer="raw")
    clean = app.topic(clean_name, value_type=bytes, value_serializer="raw")
    seen: set[bytes] = set()
    latest: dict[bytes, dict[str, object]] = {}

    @app.agent(raw)
    async def judge(stream: object) -> None:
        async for message in stream.events():  # type: ignore[attr-defined]  # Faust declares no types for it
            event = decode(domain.raw, message.value)["events"][0]
            id_ = domain.event_id(event)
            if id_ in seen:
                continue
            seen.add(id_)
            accepted = domain.accept(event, round(message.message.timestamp * 1_000_000))
            contribution = domain.contribution(accepted)
            if contribution is not None:
                key, row = contribution
                latest[key] = domain.join(latest.get(key), row)
            await clean.send(value=encode(domain.clean, _record(message.message.offset, accepted)))

    faust.Worker(app, loglevel="WARN", redirect_stdouts=False, quiet=True).execute_from_commandline()


def _record(offset: int, event: dict[str, object]) -> dict[str, object]:
    account = dict.fromkeys(("producer_id", "seq")) | dict.fromkeys(
        ("handed_over", "dropped", "missing", "resent", "received", "accepted", "duplicate_batch", "duplicate_event"), 1
    )
    account |= {"closed": [], "refused": {}}
    series = {"raw_offset": offset, "cluster_id": "", "topic_id": "", "received_at": 0}
    return series | {"account": account, "events": [event]}


if __name__ == "__main__":
    main()
