"""An index page of a project as an upstream sent it: JSON (PEP 691) or HTML (PEP 503) → IndexPage.

Nothing is thrown away but links that are no files: keys and attributes that we do not know go on as they came.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

HASHES: Final = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5", "blake2b", "blake2s", "sha3_256", "sha3_512")
"""Names of hashes, the one that a link's fragment takes first."""

METADATA_KEYS: Final = ("core-metadata", "dist-info-metadata", "data-dist-info-metadata")
"""Where a file's metadata is announced, the new name first (PEP 714, 658); the last one is in use, and in no text."""

_HEX: Final = re.compile(r"[0-9A-Fa-f]+")


class UnreadableIndexError(ValueError):
    """What an upstream sent is no index page."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of a page: `url` is absolute and without `fragment`.

    Of `facts` (JSON, without url) and `attributes` (HTML, without href) one is as the upstream sent it, the other is made
    of it; `json_fragment` is what stood behind the URL in JSON.
    """

    name: str
    url: str
    text: str
    fragment: str
    facts: Mapping[str, Any]
    attributes: tuple[tuple[str, str | None], ...]
    json_fragment: str = ""


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page: `facts` are the JSON's without its files, `metas` the HTML's `pypi:` meta elements."""

    facts: Mapping[str, Any]
    metas: tuple[tuple[str, str], ...]
    files: tuple[IndexFile, ...]


def read_index(content: bytes, content_type: str, url: str, project: str) -> IndexPage:
    """Read a page that came from `url` (after redirects), by its content type. Raises UnreadableIndexError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        return read_json(content, url)
    if kind.endswith("html") or not kind:
        return read_html(content.decode(_charset(content_type), "replace"), url, project)
    raise UnreadableIndexError(f"content type {kind[:100]}")


def _charset(content_type: str) -> str:
    found = re.search(r"charset=[\"']?([A-Za-z0-9_.:-]+)", content_type, re.IGNORECASE)
    try:
        "".encode(found.group(1) if found else "utf-8")
    except LookupError:
        return "utf-8"
    return found.group(1) if found else "utf-8"


def read_json(content: bytes, url: str) -> IndexPage:
    """Read a page in JSON."""
    try:
        page = json.loads(content, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise UnreadableIndexError("no JSON") from error
    if not isinstance(page, dict) or not isinstance(page.get("files"), list):
        raise UnreadableIndexError("no list of files")
    facts = {key: value for key, value in page.items() if key != "files"}
    files = [file for file in (_json_file(each, url) for each in page["files"]) if file is not None]
    return IndexPage(facts, _metas(facts), tuple(files))


def _json_file(given: Any, base: str) -> IndexFile | None:
    if not isinstance(given, dict) or not isinstance(given.get("url"), str):
        return None
    place = _place(given["url"], base)
    name = given.get("filename")
    if place is None or not isinstance(name, str) or not _is_name(name):
        return None
    facts = {key: value for key, value in given.items() if key != "url"}
    provenance = facts.get("provenance")
    if isinstance(provenance, str):
        facts["provenance"] = _join(base, provenance) or provenance
    url, fragment = place
    return IndexFile(name, url, name, fragment or _fragment(facts), facts, attributes_of(facts), fragment)


def _fragment(facts: Mapping[str, Any]) -> str:
    hashes = facts.get("hashes")
    if isinstance(hashes, dict):
        for name in (*HASHES, *hashes):
            if isinstance(hashes.get(name), str):
                return f"{name}={hashes[name]}"
    return ""


def attributes_of(facts: Mapping[str, Any]) -> tuple[tuple[str, str | None], ...]:
    """Make an anchor's attributes of a file's JSON (PEP 503, 592, 658, 714, 740)."""
    attributes: list[tuple[str, str | None]] = []
    if isinstance(facts.get("requires-python"), str):
        attributes.append(("data-requires-python", facts["requires-python"]))
    metadata = next((facts[key] for key in METADATA_KEYS if facts.get(key)), None)
    if metadata:
        hashes = metadata.items() if isinstance(metadata, dict) else ()
        said = next((f"{name}={value}" for name, value in hashes if isinstance(value, str)), "true")
        attributes += [("data-dist-info-metadata", said), ("data-core-metadata", said)]
    yanked = facts.get("yanked")
    if yanked is True or isinstance(yanked, str):
        attributes.append(("data-yanked", "" if yanked is True else yanked))
    if isinstance(facts.get("gpg-sig"), bool):
        attributes.append(("data-gpg-sig", "true" if facts["gpg-sig"] else "false"))
    if isinstance(facts.get("provenance"), str):
        attributes.append(("data-provenance", facts["provenance"]))
    return tuple(attributes)


def _metas(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    metas: list[tuple[str, str]] = []
    meta = facts.get("meta")
    if isinstance(meta, dict):
        metas.append(("pypi:repository-version", str(meta.get("api-version", "1.0"))))
        metas += [("pypi:tracks", each) for each in _texts(meta.get("tracks"))]
    metas += [("pypi:alternate-locations", each) for each in _texts(facts.get("alternate-locations"))]
    status = facts.get("project-status")
    if isinstance(status, dict):
        for key, name in (("status", "pypi:project-status"), ("reason", "pypi:project-status-reason")):
            metas += [(name, status[key])] if isinstance(status.get(key), str) else []
    return tuple(metas)


def _texts(values: Any) -> Iterable[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def read_html(text: str, url: str, project: str) -> IndexPage:
    """Read a page in HTML. A page without a single link is one of a project without files."""
    anchors = _Anchors()
    anchors.feed(text)
    anchors.close()
    base = _join(url, anchors.base) or url if anchors.base else url
    files = [file for file in (_html_file(attributes, words, base) for attributes, words in anchors.found) if file]
    facts: dict[str, Any] = {"meta": {"api-version": "1.0"}, "name": project}
    said = dict(anchors.metas)
    tracks = [content for name, content in anchors.metas if name == "pypi:tracks"]
    if tracks:
        facts["meta"]["tracks"] = tracks
    locations = [content for name, content in anchors.metas if name == "pypi:alternate-locations"]
    if locations:
        facts["alternate-locations"] = locations
    if "pypi:project-status" in said:
        facts["project-status"] = {"status": said["pypi:project-status"]}
        if "pypi:project-status-reason" in said:
            facts["project-status"]["reason"] = said["pypi:project-status-reason"]
    return IndexPage(facts, tuple(anchors.metas), tuple(files))


class _Anchors(HTMLParser):
    """Gathers anchors with their text, `pypi:` meta elements and the page's base."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[list[tuple[str, str | None]], str]] = []
        self.metas: list[tuple[str, str]] = []
        self.base: str | None = None
        self._attributes: list[tuple[str, str | None]] | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "a":
            self._end()
            self._attributes = attrs
        elif tag == "base" and self.base is None:
            self.base = said.get("href")
        elif tag == "meta" and (said.get("name") or "").startswith("pypi:"):
            self.metas.append((said["name"] or "", said.get("content") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end()

    def handle_data(self, data: str) -> None:
        if self._attributes is not None:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._end()

    def _end(self) -> None:
        if self._attributes is not None:
            self.found.append((self._attributes, " ".join("".join(self._words).split())))
        self._attributes, self._words = None, []


def _html_file(attributes: list[tuple[str, str | None]], text: str, base: str) -> IndexFile | None:
    href = dict(attributes).get("href")
    place = _place(href.strip(), base) if href else None
    if place is None:
        return None
    url, fragment = place
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if not _is_name(name):
        return None
    kept = tuple((key, value) for key, value in attributes if key != "href")
    return IndexFile(name, url, text or name, fragment, _facts(name, fragment, dict(kept)), kept)


def _facts(name: str, fragment: str, attributes: Mapping[str, str | None]) -> dict[str, Any]:
    facts: dict[str, Any] = {"filename": name, "hashes": _hashes(fragment.split("&"))}
    if attributes.get("data-requires-python"):
        facts["requires-python"] = attributes["data-requires-python"]
    metadata = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    if metadata is not None and metadata.lower() != "false":
        facts["core-metadata"] = facts["dist-info-metadata"] = _hashes([metadata]) or True
    if "data-yanked" in attributes:
        facts["yanked"] = attributes["data-yanked"] or True
    if attributes.get("data-gpg-sig") in ("true", "false"):
        facts["gpg-sig"] = attributes["data-gpg-sig"] == "true"
    if attributes.get("data-provenance"):
        facts["provenance"] = attributes["data-provenance"]
    return facts


def _hashes(pieces: Iterable[str]) -> dict[str, str]:
    found = (piece.partition("=") for piece in pieces)
    return {name: value for name, _, value in found if name in HASHES and _HEX.fullmatch(value)}


def _is_name(name: str) -> bool:
    return bool(name) and "/" not in name and _is_text(name)


def _is_text(text: str) -> bool:
    """Tell whether a text can be sent: JSON may hold halves of characters."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _place(link: str, base: str) -> tuple[str, str] | None:
    """Give a link's absolute URL and its fragment; None where it leads to no http(s) host (DL5)."""
    joined = _join(base, link)
    return None if joined is None else (urldefrag(joined)[0], urldefrag(joined)[1])


def _join(base: str, link: str) -> str | None:
    try:
        joined = urljoin(base, link)
    except ValueError:
        return None
    return joined if is_web(joined) else None


def is_web(url: str) -> bool:
    """Tell whether a client can be sent to a URL: http or https, with a host, and of whole characters (DL5)."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and _is_text(url)
    except ValueError:
        return False
