"""Container registries, read through us. Real servers on loopback."""

import asyncio
import gzip
import json

import pytest
from aiohttp import web

from producers.gateway.answer import Answer, Later, Streamed
from producers.gateway.upstream import Upstreams
from tests.unit.producers.gateway.asking import request, router, rule
from tests.unit.producers.gateway.passing_server import Registry, against

MANIFEST = "/v2/org/tool/manifests/1.0"


async def pull(
    registry: Registry, upstreams: Upstreams, url: str, method: bytes = b"GET", **headers: str
) -> tuple[Answer | Streamed, bytes]:
    found = router(rule("docker", target=registry.url, images=["org/tool"]))
    asked = found.route(request(url, method, **headers))
    assert isinstance(asked, Later)
    answer = await asked.answer(upstreams)
    if isinstance(answer, Answer):
        return answer, answer.body
    return answer, b"".join([piece async for piece in answer.pieces])


def told(answer: Answer | Streamed, name: str) -> str | None:
    return dict(answer.headers).get(name.encode(), b"").decode() or None


def test_DL24_a_manifest_is_passed_through() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        body = gzip.compress(b'{"schemaVersion": 2}')
        given = {
            "Content-Type": "application/vnd.oci.image.index.v1+json", "Docker-Content-Digest": "sha256:00", "ETag": '"x"',
            "Content-Encoding": "gzip", "Connection": "close", "Set-Cookie": "a=b", "Strict-Transport-Security": "max-age=9",
        }  # fmt: skip
        registry.says(MANIFEST, body=body, headers=given)
        accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
        answer, content = await pull(
            registry, upstreams, f"{MANIFEST}?a=b%20c", accept=accept, authorization="Bearer t", user_agent="skopeo/1",
            range="bytes=0-5", cookie="secret", if_none_match='"y"',
        )  # fmt: skip
        assert isinstance(answer, Streamed)
        assert (answer.status, answer.length, content) == (200, len(body), body)
        assert dict(answer.headers) == {
            name.lower().encode(): given[name].encode()
            for name in ("Content-Type", "Docker-Content-Digest", "ETag", "Content-Encoding")
        }
        (asked,) = registry.asked
        assert asked.raw_path == f"{MANIFEST}?a=b%20c"
        sent = {name.lower(): value for name, value in asked.headers.items()}
        sent.pop("host")
        assert sent == {
            "accept": accept,
            "authorization": "Bearer t",
            "user-agent": "skopeo/1",
            "range": "bytes=0-5",
            "if-none-match": '"y"',
        }
        assert (answer.about.project, answer.about.version) == ("org/tool", "1.0")

    against(test)


def test_DL24_what_a_registry_says_of_logging_in_is_untouched() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        challenge = 'Bearer realm="https://auth.example.org/token",service="registry",scope="repository:org/tool:pull"'
        registry.says("/v2/", status=401, headers={"WWW-Authenticate": challenge}, body=b"{}")
        answer, content = await pull(registry, upstreams, "/v2/")
        assert (answer.status, told(answer, "www-authenticate"), content) == (401, challenge, b"{}")

    against(test)


def test_DL24_redirects_to_the_api_are_followed_and_the_token_stays_with_its_host() -> None:
    async def test(registry: Registry, other: Registry, upstreams: Upstreams) -> None:
        registry.says(MANIFEST, status=307, headers={"Location": "/v2/moved/manifests/1.0"})
        registry.says("/v2/moved/manifests/1.0", status=302, headers={"Location": f"{other.url}/v2/x/manifests/1.0"})
        other.says("/v2/x/manifests/1.0", body=b"found")
        answer, content = await pull(registry, upstreams, MANIFEST, authorization="Bearer t", accept="x/y")
        assert (answer.status, content) == (200, b"found")
        assert [asked.headers.get("Authorization") for asked in registry.asked] == ["Bearer t", "Bearer t"]
        (last,) = other.asked
        assert (last.headers.get("Authorization"), last.headers["Accept"]) == (None, "x/y")

    against(test)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("/blobs/1?sig=a%2Fb", "{url}/blobs/1?sig=a%2Fb"),
        ("https://cdn.example.org/b?x=1", "https://cdn.example.org/b?x=1"),
    ],
)
def test_DL24_other_redirects_go_to_the_client_with_an_absolute_url(place: str, expected: str) -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        blob = "/v2/org/tool/blobs/sha256:00"
        registry.says(blob, status=307, headers={"Location": place})
        answer, _content = await pull(registry, upstreams, blob)
        assert (answer.status, told(answer, "location")) == (307, expected.format(url=registry.url))
        assert answer.about.kind == "blob"

    against(test)


def test_DL24_redirects_have_an_end() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        registry.says(MANIFEST, status=302, headers={"Location": MANIFEST})
        answer, content = await pull(registry, upstreams, MANIFEST)
        assert answer.status == 503
        assert json.loads(content)["errors"][0]["code"] == "UNAVAILABLE"
        assert len(registry.asked) == 11

    against(test)


def test_DL24_HEAD_has_the_length_and_no_body() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        registry.says(MANIFEST, body=b"0123456789", headers={"Docker-Content-Digest": "sha256:00"})
        answer, content = await pull(registry, upstreams, MANIFEST, b"HEAD")
        assert isinstance(answer, Streamed)
        assert (answer.status, answer.length, content) == (200, 10, b"")
        assert registry.asked[0].method == "HEAD"
        # Who closes it without reading frees the connection all the same.
        asked = router(rule("docker", target=registry.url, images=["org/tool"])).route(request(MANIFEST))
        assert isinstance(asked, Later)
        unread = await asked.answer(upstreams)
        assert isinstance(unread, Streamed)
        await unread.pieces.aclose()  # type: ignore[attr-defined]  # as Streamed says
        connector = upstreams._client.raw_session.connector
        assert connector is not None
        assert not connector._acquired

    against(test)


def test_DL24_a_body_comes_in_pieces_and_a_client_that_leaves_ends_it() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        ended = asyncio.Event()

        async def endless(asked: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(asked)
            try:
                while True:
                    await response.write(b"x" * 65_536)
            except (ConnectionError, asyncio.CancelledError):
                ended.set()
                raise

        registry.answers[MANIFEST] = endless
        asked = router(rule("docker", target=registry.url, images=["org/tool"])).route(request(MANIFEST))
        assert isinstance(asked, Later)
        answer = await asked.answer(upstreams)
        assert isinstance(answer, Streamed)
        assert answer.length is None
        assert (await anext(answer.pieces))[:1] == b"x"
        await answer.pieces.aclose()  # type: ignore[attr-defined]  # a generator, as Streamed says
        await asyncio.wait_for(ended.wait(), 20)

    against(test)


def test_DL24_a_registry_that_is_away_is_503_in_its_own_words() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        registry.url = "http://127.0.0.1:1"
        answer, content = await pull(registry, upstreams, MANIFEST)
        assert (answer.status, told(answer, "retry-after")) == (503, "10")
        assert set(json.loads(content)["errors"][0]) == {"code", "message", "detail"}

    against(test)
