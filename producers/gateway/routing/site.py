"""One host's rules, laid out by precedence (DL2): the first of these tables that takes a path answers.

Docker image, docker pattern, pixel, file template (more literal text first), file regular expression, python, npm, cargo,
catch-all.
"""

from collections.abc import Callable, Sequence

from producers.gateway.answer import Answer, Later, Request
from producers.gateway.answers import NOWHERE, not_found
from producers.gateway.cargo import CargoSite
from producers.gateway.docker import DockerSite
from producers.gateway.manifest import (
    CargoRule,
    CatchAllRule,
    DockerRule,
    Domain,
    FileRule,
    NpmRule,
    PixelRule,
    PythonRule,
    Rule,
)
from producers.gateway.npm import NpmSite
from producers.gateway.python_index.pages import Pages
from producers.gateway.python_index.site import PythonSite
from producers.gateway.routing.files import (
    by_literal_text,
    catch_all_answer,
    pixel_answer,
    regex_answer,
    template_answer,
)

Reply = tuple[Rule | None, Answer | Later]
_Taker = Callable[[Request, bytes], Reply | None]


class Site:
    """The rules of one host."""

    def __init__(self, domain: Domain, pages: Pages) -> None:
        rules = domain.rules
        self._pixels = {rule.path: (rule, pixel_answer(rule)) for rule in rules if isinstance(rule, PixelRule)}
        files = [rule for rule in rules if isinstance(rule, FileRule)]
        self._templates = _Templates([rule for rule in files if rule.template is not None])
        regexes = [rule for rule in files if rule.template is None]
        # RE2 has no literal text to compare; the longer expression is the narrower one more often than not.
        self._regexes = sorted(regexes, key=lambda rule: (-len(rule.regex.pattern), rule.regex.pattern))
        docker = [rule for rule in rules if isinstance(rule, DockerRule)]
        self._docker = DockerSite(docker) if docker else None
        self._last = next((rule for rule in rules if isinstance(rule, CatchAllRule)), None)
        python = [rule for rule in rules if isinstance(rule, PythonRule)]
        npm = [rule for rule in rules if isinstance(rule, NpmRule)]
        cargo = [rule for rule in rules if isinstance(rule, CargoRule)]
        self._python = PythonSite(python, pages) if python else None
        registries = (self._python, NpmSite(npm) if npm else None, CargoSite(cargo) if cargo else None)
        self._registries: tuple[_Taker, ...] = tuple(each.take for each in registries if each is not None)

    def take(self, request: Request, path: bytes) -> Reply:
        """Answer a request whose path, in normal form, is `path`."""
        if self._docker is not None:
            reply: Reply | None = self._docker.take(request, path)
            if reply is not None:
                return reply
        pixel = self._pixels.get(path)
        if pixel is not None:
            return pixel
        reply = self._file(path, request.query)
        if reply is not None:
            return reply
        for take in self._registries:
            reply = take(request, path)
            if reply is not None:
                return reply
        if self._last is not None:
            return self._last, catch_all_answer(self._last, request)
        # What nothing takes is most likely a project that we do not serve.
        return None, not_found(NOWHERE) if self._python is None else self._python.unknown(path)

    def _file(self, path: bytes, query: bytes) -> Reply | None:
        for rule in self._templates.of(path):
            answer = template_answer(rule, path, query)
            if answer is not None:
                return rule, answer
        for rule in self._regexes:
            answer = regex_answer(rule, path, query)
            if answer is not None:
                return rule, answer
        return None


class _Templates:
    """Templates by their first segment, so that a thousand routes cost as much as one."""

    def __init__(self, rules: Sequence[FileRule]) -> None:
        ordered = by_literal_text(rules)
        firsts = {_first(rule) for rule in ordered}
        self._any = [rule for rule in ordered if _first(rule) is None]
        self._by_first = {first: [rule for rule in ordered if _first(rule) in (first, None)] for first in firsts}

    def of(self, path: bytes) -> list[FileRule]:
        """Give the rules that may take a path, in their order."""
        return self._by_first.get(path[1:].partition(b"/")[0], self._any)


def _first(rule: FileRule) -> bytes | None:
    assert rule.template is not None
    return rule.template.first_segment
