"""npm's packuments, asked of a real server on loopback."""

import asyncio
import json

from producers.gateway.answer import Answer, Later
from producers.gateway.upstream import Upstreams
from tests.unit.producers.gateway.asking import HOST, header, request, router, rule
from tests.unit.producers.gateway.passing_server import Registry, against


def packument(registry: Registry) -> bytes:
    dist = {"tarball": f"{registry.url}/@s/n/-/n-1.0.0.tgz", "integrity": "sha512-x=="}
    return json.dumps({"name": "@s/n", "versions": {"1.0.0": {"dist": dist}}}).encode()


async def fetch(registry: Registry, upstreams: Upstreams, path: str = "/@s%2fn", **headers: str) -> Answer:
    asked = router(rule("npm", target=registry.url)).route(request(path, host=f"{HOST}:81", **headers))
    assert isinstance(asked, Later)
    assert asked.about.project is None
    answer = await asked.answer(upstreams)
    assert isinstance(answer, Answer)
    return answer


def test_DL20_packuments_lead_here_and_are_kept() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        short = "application/vnd.npm.install-v1+json"
        registry.says(
            "/@s/n", body=packument(registry), headers={"Content-Type": short, "Cache-Control": "max-age=300"}
        )
        accept = f"{short}; q=1.0, application/json; q=0.8, */*"
        answers = await asyncio.gather(*(fetch(registry, upstreams, accept=accept) for _ in range(20)))
        assert len(registry.asked) == 1
        assert registry.asked[0].raw_path.lower() == "/@s%2fn"
        assert registry.asked[0].headers["Accept"].startswith(short)
        answer = answers[0]
        dist = json.loads(answer.body)["versions"]["1.0.0"]["dist"]
        assert dist == {"tarball": f"http://{HOST}:81/@s/n/-/n-1.0.0.tgz", "integrity": "sha512-x=="}
        assert header(answer, "content-type") == short
        assert header(answer, "cache-control") == "no-cache"
        assert answer.about.project == "@s/n"
        again = await fetch(registry, upstreams, accept=accept, if_none_match=header(answer, "etag") or "")
        assert (again.status, again.body, header(again, "etag")) == (304, b"", header(answer, "etag"))
        await fetch(registry, upstreams)
        assert [asked.headers["Accept"].partition(";")[0] for asked in registry.asked] == [short, "application/json"]

    against(test)


def test_DL20_a_token_gets_its_own_answer_that_nobody_else_gets() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        registry.says("/@s/n", body=packument(registry), content_type="application/json")
        await fetch(registry, upstreams, authorization="Bearer t")
        assert registry.asked[0].headers["Authorization"] == "Bearer t"
        await fetch(registry, upstreams)
        assert "Authorization" not in registry.asked[1].headers

    against(test)


def test_DL20_a_tarball_that_is_elsewhere_is_found_by_its_packument() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        place = "https://dl.example.org/n?sig=a+b"
        document = {"versions": {"1.0.0-a+b": {"dist": {"tarball": place}}}}
        registry.says("/@s/n", body=json.dumps(document).encode(), content_type="application/json")
        tarball = json.loads((await fetch(registry, upstreams)).body)["versions"]["1.0.0-a+b"]["dist"]["tarball"]
        answer = await fetch(registry, upstreams, tarball.partition(":81")[2] + "?x=1")
        assert (answer.status, header(answer, "location")) == (302, f"{place}&x=1")
        assert (answer.about.kind, answer.about.file) == ("file", "n-1.0.0-a+b.tgz")
        for path, status in (("/-/tarball/@s/n/2.0.0/n-2.0.0.tgz", 404), ("/-/tarball/x/1.0.0/x-1.0.0.tgz", 404)):
            assert (await fetch(registry, upstreams, path)).status == status

    against(test)


def test_DL20_no_packument_is_404_without_a_name_and_none_to_be_had_503() -> None:
    async def test(registry: Registry, _: Registry, upstreams: Upstreams) -> None:
        answer = await fetch(registry, upstreams, "/private")
        assert (answer.status, answer.about.project) == (404, None)
        registry.says("/broken", body=b"[]")
        registry.says("/failing", status=500)
        for path in ("/broken", "/failing"):
            answer = await fetch(registry, upstreams, path)
            assert (answer.status, header(answer, "retry-after")) == (503, "10")

    against(test)
