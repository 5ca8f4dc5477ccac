"""A request and its event (DL9, DL11): what is on Kafka of what was asked, and nothing else."""

import base64

from headcount.settings import KafkaSettings
from schemas.topics import RAW_DOWNLOADS
from tests.integration.gateway.serving import Server, events, get, read_all, statuses, tally, wait_for_events
from tests.kafka_topics import messages


def test_DL9_each_answer_is_one_event_that_tells_what_was_asked(raw: KafkaSettings, served: Server) -> None:
    sent = b"".join(
        (
            get("/tool/1.0/tool-1.0.tar.gz", "User-Agent: pip/24.0"),
            get("/tool/1.0/tool-1.0.tar.gz", "User-Agent: pip/24.0", "Range: bytes=0-99", method="HEAD"),
            get("/pixel/docs", "User-Agent: pip/24.0", 'If-None-Match: "x"'),
            get("/nothing/here", "User-Agent: pip/24.0"),
            get("/pixel/docs", "User-Agent: pip/24.0", "Connection: close", method="DELETE"),
        )
    )
    assert statuses(served.exchange(sent)) == [302, 302, 200, 404, 405]
    seen = wait_for_events(raw, 5)
    assert [(event["method"], event["status"]) for event in seen] == [
        ("GET", 302), ("HEAD", 302), ("GET", 200), ("GET", 404), ("DELETE", 405),
    ]  # fmt: skip
    assert tally(seen, "address", "agent") == {("127.0.0.1", "pip/24.0"): 5}
    first = seen[0]
    assert (first["rule"], first["kind"], first["project"], first["version"], first["file"]) == (
        "file", "file", "tool", "1.0", "tool-1.0.tar.gz",
    )  # fmt: skip
    assert [event["range"] for event in seen] == [None, "bytes=0-99", None, None, None]
    assert [event["conditional"] for event in seen] == [False, False, True, False, False]
    assert seen[2]["bytes"] > 60
    assert [event["bytes"] for event in seen[:2]] == [0, 0]
    assert seen == sorted(seen, key=lambda event: event["at"])


def test_DL9_no_query_and_no_credential_is_on_the_topic(raw: KafkaSettings, served: Server) -> None:
    secret = "canary-5f3a"
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    headers = (
        f"Cookie: {secret}",
        f"Authorization: Basic {basic}",
        f"Referer: https://{secret}.example.org/",
        f"X-Own: {secret}",
    )
    answers = served.exchange(
        get(f"/tool/1.0/t.zip?token={secret}", *headers) + get(f"/none/?{secret}", *headers, "Connection: close")
    )
    assert statuses(answers) == [302, 404]
    wait_for_events(raw, 2)
    values = b"".join(bytes(message.value()) for message in messages(raw, RAW_DOWNLOADS))
    assert secret.encode() not in values
    assert basic.encode() not in values


def test_DL11_who_opts_out_is_served_and_is_one_more_in_the_days_total(raw: KafkaSettings, served: Server) -> None:
    asked = [("DNT: 1",), ("dnt: 1 ",), ("Sec-GPC: 1",), ("DNT: 0",), ("DNT: 1", "Sec-GPC: 0")]
    sent = b"".join(get("/tool/1.0/t.zip", f"User-Agent: agent-{n}", *each) for n, each in enumerate(asked))
    with served.connect() as connection:
        connection.sendall(sent + get("/pixel/docs", "Connection: close"))
        assert statuses(read_all(connection)) == [302] * 5 + [200]
    seen = wait_for_events(raw, 6)
    opted_out = [event for event in seen if event["kind"] == "opted_out"]
    assert len(opted_out) == 4
    assert len(seen) == 6
    for event in opted_out:
        assert event.pop("at") % 86_400_000_000 == 0, "the day is all that is told"
        assert {name: value for name, value in event.items() if value is not None} == {
            "rule": "none", "kind": "opted_out", "conditional": False,
        }  # fmt: skip
    assert {event["agent"] for event in seen} == {None, "agent-3"}
    assert served.metric("headcount_gateway_opted_out_total") == 4
    assert served.metric("headcount_gateway_requests_total") == 2, "by rule and status, only the others"


def test_DL9_an_agent_that_is_no_utf8_or_very_long_is_kept_as_well_as_can_be(
    raw: KafkaSettings, served: Server
) -> None:
    odd = get("/pixel/docs", "User-Agent: caf\xe9", "Connection: close")
    long = get("/pixel/docs", "User-Agent: " + "x" * 9000, "Connection: close")
    assert statuses(served.exchange(odd)) + statuses(served.exchange(long)) == [200, 200]
    wait_for_events(raw, 2)
    assert sorted(event["agent"] for event in events(raw)) == ["caf\ufffd", "x" * 4096]
