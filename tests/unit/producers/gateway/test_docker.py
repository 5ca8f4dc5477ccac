"""Container images: which are served, under what name, and who is redirected."""

import json

import pytest

from tests.unit.producers.gateway.asking import ask, later, location, router, rule

REGISTRY = "https://registry.example.org"
RULES = rule("docker", target=REGISTRY, images=["org/tool", "tool", "a/b/c/d", "library/*"])
MANIFEST = "/v2/org/tool/manifests/1.0"
DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("path", "kind", "image", "version"),
    [
        ("/v2/", "index", None, None),
        ("/v2", "index", None, None),
        (MANIFEST, "manifest", "org/tool", "1.0"),
        ("/v2/tool/manifests/latest", "manifest", "tool", "latest"),
        ("/v2/a/b/c/d/manifests/v2.0-rc1", "manifest", "a/b/c/d", "v2.0-rc1"),
        (f"/v2/library/x/manifests/{DIGEST}", "manifest", "library/x", "(digest)"),
        (f"/v2/org/tool/blobs/{DIGEST}", "blob", "org/tool", "(digest)"),
        ("/v2/org/tool/tags/list?n=10", "tags", "org/tool", None),
        (f"/v2/org/tool/referrers/{DIGEST}", "other", "org/tool", "(digest)"),
        ("/v2/org/tool/manifests/customer-acme-gmbh", "manifest", "org/tool", "other"),
        ("/v2/org/tool/manifests/192.0.2.7", "manifest", "org/tool", "other"),
    ],
)
def test_DL22_what_a_path_names(path: str, kind: str, image: str | None, version: str | None) -> None:
    about = ask(router(RULES), path, user_agent="docker/24.0").about
    assert (about.rule, about.kind, about.project, about.version) == ("docker", kind, image, version)
    expected = path if path != "/v2" else "/v2/"
    assert location(router(RULES), path, user_agent="docker/24.0") == REGISTRY + expected


@pytest.mark.parametrize(
    "path",
    ["/v2/org/private/manifests/1", "/v2/private/tags/list", "/v2/library/x/y/manifests/1", "/v2/_catalog", "/v2/x",
     "/v2/Org/tool/manifests/1", "/v2/org/tool/manifests/", "/v2/org/tool/manifests", "/v2/org/tool/", "/v2//manifests/1",
     "/v2/org/tool/blobs/uploads/", "/v2/org%2Ftool/manifests/1", "/v2/-/manifests/1"],
)  # fmt: skip
def test_DL22_an_unknown_image_is_told_as_registries_do_and_not_named(path: str) -> None:
    answer = ask(router(RULES), path, user_agent="docker/24.0")
    assert answer.status == 404
    (error,) = json.loads(answer.body)["errors"]
    assert set(error) == {"code", "message", "detail"}
    assert error["detail"] == {}
    assert error["code"] == ("UNSUPPORTED" if path == "/v2/_catalog" else "NAME_UNKNOWN")
    assert dict(answer.headers)[b"content-type"] == b"application/json"
    assert "private" not in repr(answer.about)


@pytest.mark.parametrize(
    "agent",
    [
        "docker/24.0.7 go/go1.20 git-commit/311b9ff kernel/6.1 os/linux arch/amd64 UpstreamClient(Docker-Client/24.0.7)",
        "docker/1.12.6",
        "Docker/24.0",
        "Docker-Client/19.03.8 (linux)",
        "something UpstreamClient(Docker-Client/20.10.21 \\(darwin\\))",
        "containerd/1.4.9",
        "containerd/v1.4.9",
        "containerd/1.4.10+azure",
        "containerd/1.6.20~ds1",
        "containerd/v2.0.0-beta.1",
        "containerd/10.0",
        "Watchtower (Docker)",
    ],
)
def test_DL23_who_authenticates_anew_is_redirected(agent: str) -> None:
    assert location(router(RULES), MANIFEST, user_agent=agent) == REGISTRY + MANIFEST


@pytest.mark.parametrize(
    "agent",
    ["", "containerd/1.4.8", "containerd/1.3", "containerd/v1.4", "containerd/0.9.9", "containerd/unknown", "containerd",
     "containers/5.24.0 (github.com/containers/image)", "skopeo/1.9", "Buildah/1.28", "Watchtower/1.5", "curl/8.0",
     "xdocker/1.0", "Go-http-client/2.0", "\u00e9"],
)  # fmt: skip
def test_DL23_all_others_are_proxied(agent: str) -> None:
    asked = later(router(RULES), MANIFEST, user_agent=agent)
    assert asked.target == (REGISTRY + MANIFEST).encode()
    assert asked.about.project == "org/tool"


def test_DL23_no_agent_a_password_and_always_proxy_are_proxied() -> None:
    found = router(RULES)
    later(found, MANIFEST)
    later(found, MANIFEST, user_agent="docker/24.0", authorization="Basic dTpw")
    later(found, MANIFEST, user_agent="docker/24.0", authorization="bAsIc dTpw")
    assert location(found, MANIFEST, user_agent="docker/24.0", authorization="Bearer x") is not None
    assert location(found, MANIFEST, docker_client="19.03") is not None
    later(
        router(rule("docker", target=REGISTRY, images=["*/*"], always_proxy=True)), MANIFEST, user_agent="docker/24.0"
    )


def test_DL2_an_exact_image_goes_before_a_pattern_and_a_longer_pattern_before_a_shorter() -> None:
    rules = [
        rule("docker", target=f"https://{number}.example.org", images=images)
        for number, images in enumerate((["*/*"], ["org/*"], ["org/tool-*"], ["org/tool-x"]))
    ]
    for text in ("".join(rules), "".join(reversed(rules))):
        places = [
            location(router(text), f"/v2/{image}/tags/list", user_agent="docker/1")
            for image in ("a/b", "org/b", "org/tool-y", "org/tool-x")
        ]
        assert [place and place[8:9] for place in places] == ["0", "1", "2", "3"]


def test_DL22_a_target_may_name_its_api() -> None:
    found = router(rule("docker", target=f"{REGISTRY}/v2/", images=["tool"], redirect=307))
    answer = ask(found, "/v2/tool/tags/list", user_agent="docker/1")
    assert (answer.status, dict(answer.headers)[b"location"]) == (307, f"{REGISTRY}/v2/tool/tags/list".encode())
