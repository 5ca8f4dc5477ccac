"""npm and cargo: what is here, what is sent on, and what is rewritten."""

import json

import pytest

from producers.gateway.cargo import place_of
from producers.gateway.npm import rewrite_packument
from tests.unit.producers.gateway.asking import HOST, ask, header, later, location, router, rule

NPM = "https://npm.upstream.example.org"
CRATES = "https://index.upstream.example.org"
REWRITING = rule("npm", target=NPM, projects=["left-pad", "@s/n"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/left-pad", "left-pad"),
        ("/@s/n", "@s/n"),
        ("/@s%2fn", "@s/n"),
        ("/@s%2Fn", "@s/n"),
        ("/%6Ceft-pad", "left-pad"),
    ],
)
def test_DL20_a_packument_is_answered_here(path: str, name: str) -> None:
    asked = later(router(REWRITING), path)
    assert (asked.about.kind, asked.about.project) == ("index", name)
    assert asked.target == f"{NPM}{path}".encode()
    plain = router(rule("npm", target=NPM, rewrite=False))
    assert location(plain, path) == f"{NPM}{path}"


@pytest.mark.parametrize(
    ("path", "name", "file"),
    [
        ("/left-pad/-/left-pad-1.3.0.tgz", "left-pad", "left-pad-1.3.0.tgz"),
        ("/@s/n/-/n-1.2.3.tgz", "@s/n", "n-1.2.3.tgz"),
        ("/@s%2fn/-/n-1.2.3.tgz", "@s/n", "n-1.2.3.tgz"),
        ("/private/-/private-1.0.0.tgz", None, None),
    ],
)
def test_DL20_a_tarball_is_sent_to_the_registry(path: str, name: str | None, file: str | None) -> None:
    for status in (302, 307):
        answer = ask(router(REWRITING + f"redirect = {status}\n"), path + "?a=b")
        assert (answer.status, header(answer, "location")) == (status, f"{NPM}{path}?a=b")
        assert (answer.about.kind, answer.about.project, answer.about.file) == ("file", name, file)


@pytest.mark.parametrize(
    "path", ["/-/ping", "/-/v1/search?text=s3cr3t", "/left-pad/1.0.0", "/-/package/x/dist-tags", "/", "/a/b/c"]
)
def test_DL20_other_paths_are_sent_on_with_307(path: str) -> None:
    answer = ask(router(REWRITING), path)
    assert (answer.status, header(answer, "location")) == (307, f"{NPM}{path}")
    assert "s3cr3t" not in repr(answer.about)


def test_DL20_a_packument_keeps_all_but_where_its_tarballs_are() -> None:
    def version(tarball: object) -> dict[str, object]:
        return {"dist": {"tarball": tarball, "integrity": "sha512-x==", "shasum": "00"}, "name": "x", "os": ["é"]}

    here = f"https://{HOST}:8443"
    given = {
        "1.0.0": f"{NPM}/@s/n/-/n-1.0.0.tgz",
        "1.0.1": "https://another.example.org/npm/@s%2fn/-/n-1.0.1.tgz",
        "1.0.2": f"{NPM}/download/n-1.0.2.tgz",
        "1.0.3": 7,
        "1.0.5": "file:///etc/passwd",
        "2.0.0-a+b": "https://dl.example.org/n?id=7",
        "../x": "https://dl.example.org/x",
        "1.0.4": "http://[/n/-/x",
    }
    document = {"name": "@s/n", "versions": {key: version(url) for key, url in given.items()}, "time": {"a": 1.5}}
    document["versions"]["2.0.0"] = None  # type: ignore[index]
    content, elsewhere = rewrite_packument(json.dumps(document).encode(), "@s/n", here)
    written = json.loads(content)
    assert elsewhere == {key: given[key] for key in ("1.0.2", "2.0.0-a+b")}
    expected = {
        **given,
        "1.0.0": f"{here}/@s/n/-/n-1.0.0.tgz",
        "1.0.1": f"{here}/@s/n/-/n-1.0.1.tgz",
        "1.0.2": f"{here}/-/tarball/@s/n/1.0.2/n-1.0.2.tgz",
        "2.0.0-a+b": f"{here}/-/tarball/@s/n/2.0.0-a%2Bb/n-2.0.0-a%2Bb.tgz",
    }
    assert {key: each["dist"]["tarball"] for key, each in written["versions"].items() if each} == expected
    for key, url in given.items():
        written["versions"][key]["dist"]["tarball"] = url
    assert written == document


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"versions": []}', b"\xff", b"[" * 100_000])
def test_DL20_what_is_no_packument_is_told(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own and ours
        rewrite_packument(content, "x", "http://x")


CARGO = rule("cargo", target=f"sparse+{CRATES}/", download="https://static.example.org/crates")


def test_DL21_the_config_leads_downloads_here() -> None:
    answer = ask(router(CARGO), "/config.json", host=f"{HOST}:8080")
    assert json.loads(answer.body) == {"dl": f"http://{HOST}:8080/api/v1/crates"}
    assert header(answer, "content-type") == "application/json"


@pytest.mark.parametrize("path", ["/1/a", "/2/ab", "/3/a/abc", "/se/rd/serde", "/Se/rd/Serde", "/my/_c/my_crate"])
def test_DL21_index_files_are_redirected(path: str) -> None:
    answer = ask(router(CARGO), path)
    assert (answer.status, header(answer, "location")) == (302, CRATES + path)
    assert (answer.about.kind, answer.about.project) == ("index", path.rpartition("/")[2])


@pytest.mark.parametrize(
    "path", ["/1/ab", "/2/a", "/3/b/abc", "/se/rx/serde", "/se/rd/", "/x", "/se/rd/se%2Frd", "/3/a/abcd"]
)
def test_DL21_what_is_in_no_index_is_404(path: str) -> None:
    assert ask(router(CARGO), path).status == 404


def test_DL21_downloads_are_sent_to_where_they_are() -> None:
    for prefix in ("/api/v1/crates", ""):
        answer = ask(router(CARGO), f"{prefix}/serde/1.0.0+a/download")
        assert header(answer, "location") == "https://static.example.org/crates/serde/1.0.0%2Ba/download"
        assert (answer.about.kind, answer.about.project, answer.about.file) == ("file", "serde", "serde-1.0.0+a.crate")
    marked = "https://static.example.org/{prefix}/{lowerprefix}/{crate}-{version}.crate"
    found = router(rule("cargo", target=CRATES, download=marked))
    assert location(found, "/Serde/1.0.0/download") == "https://static.example.org/Se/rd/se/rd/Serde-1.0.0.crate"


def test_DL21_names_that_are_not_listed_are_served_without_a_name() -> None:
    found = router(rule("cargo", target=CRATES, download="https://x.example.org", projects=["my-crate"]))
    assert ask(found, "/my/_c/my_crate").about.project == "my_crate"
    for path in ("/pr/iv/private", "/private/1.0.0/download"):
        answer = ask(found, path)
        assert answer.status == 302
        assert (answer.about.project, answer.about.file) == (None, None)


def test_DL21_without_a_download_the_upstreams_config_says() -> None:
    asked = later(router(rule("cargo", target=CRATES)), "/api/v1/crates/serde/1.0.0/download")
    assert asked.target == f"{CRATES}/config.json".encode()


def test_DL49_the_folders_of_an_index() -> None:
    assert [place_of(name) for name in ("a", "ab", "abc", "abcd")] == ["1", "2", "3/a", "ab/cd"]
