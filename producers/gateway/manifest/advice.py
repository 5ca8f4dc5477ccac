"""What a manifest may say, and is most likely not meant to."""

from producers.gateway.manifest.model import DockerRule, Domain, Manifest, NpmRule, PythonRule
from producers.gateway.manifest.problems import Problem


def advice(manifest: Manifest) -> list[Problem]:
    """Give a problem for each thing that works otherwise than a reader would think."""
    return [each for domain in manifest.domains for each in _of(domain)]


def _of(domain: Domain) -> list[Problem]:
    found = []
    npm = next((rule for rule in domain.rules if isinstance(rule, NpmRule)), None)
    every = [rule for rule in domain.rules if isinstance(rule, PythonRule) and rule.projects.listed is None]
    if npm is not None and every:
        what = "the python rule with projects = \"*\" takes npm's paths on this host, which look like a project's"
        found.append(Problem(npm.line, "domain.rule", what, "give npm a host of its own"))
    registries = {rule.target: rule.line for rule in domain.rules if isinstance(rule, DockerRule)}
    if len(registries) > 1:
        what = f"this host has {len(registries)} registries, and /v2/, where clients ask how to log in, is one's only"
        do = "give each registry a host of its own, unless all of them are open to everybody"
        found.append(Problem(max(registries.values()), "domain.rule.target", what, do))
    return found
