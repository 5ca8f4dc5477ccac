"""M4: every rule asks for metrics and labels that there are, in expressions whose brackets close, and says what to do.

No PromQL parser is at hand in Python; `promtool check rules deploy/prometheus/alerts.yml` is the other half of this.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from headcount.metrics import Metrics
from schemas.builds.expected import COLLECTORS, FIELDS
from sinks.alerts import ALWAYS_SHOWN

ROOT = Path(__file__).parents[3]
OWN_LABELS = {"job", "instance"}
FUNCTIONS = {"time", "absent", "histogram_quantile", "increase", "rate", "sum", "max"}
WORDS = {"by", "and", "or", "unless"}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def metrics() -> dict[str, set[str]]:
    """The names that a scrape gives, with their labels."""
    known: dict[str, set[str]] = {"up": set()}
    for metric in vars(Metrics()).values():
        for described in metric.describe() if hasattr(metric, "describe") else ():
            labels = set(metric._labelnames)
            match described.type:
                case "counter":
                    known[f"{described.name}_total"] = labels
                case "histogram":
                    known |= {f"{described.name}_{end}": labels for end in ("sum", "count")}
                    known[f"{described.name}_bucket"] = labels | {"le"}
                case _:
                    known[described.name] = labels
    return known


def faults(expression: str) -> list[str]:
    """What is wrong with an expression, as far as names, labels and brackets go."""
    known, found = metrics(), []
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    for opening, closing in ("()", "[]", "{}"):
        if text.count(opening) != text.count(closing):
            found.append(f"{opening}{closing} do not close")
    asked: set[str] = set()
    for name, matchers in re.findall(r"([a-z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}", text):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        found += [f"{name} has no label {label}" for label in labels - known.get(name, labels) - OWN_LABELS]
    for grouped in re.findall(r"by\s*\(([^)]*)\)", text):
        asked |= set(re.findall(r"\w+", grouped))
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|by\s*\([^)]*\)", " ", text)
    names = set(re.findall(r"(?<![\w.])[a-z_][a-zA-Z0-9_]*", bare)) - FUNCTIONS - WORDS
    found += [f"there is no metric {name}" for name in names - known.keys()]
    of_names = set[str]().union(*(known.get(name, set()) for name in names))
    return found + [f"nothing has a label {label}" for label in asked - of_names - OWN_LABELS]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_M4_a_rule_asks_for_what_there_is_and_says_what_is_wrong(rule: dict[str, Any]) -> None:
    assert faults(rule["expr"]) == []
    assert rule["annotations"]["summary"].endswith(".")
    used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert used <= set(re.findall(r"\w+", " ".join(re.findall(r"by\s*\(([^)]*)\)", rule["expr"]))))


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("headcount_nonsense > 0", "no metric headcount_nonsense"),
        ("sum by (colector) (headcount_collector_known_total) > 0", "nothing has a label colector"),
        ('headcount_collector_results_total{stats="ok"} > 0', "has no label stats"),
        ("increase(headcount_records_total[5m] > 0", "() do not close"),
        ("headcount_collector_known > 0", "no metric headcount_collector_known"),
    ],
)
def test_M4_the_check_sees_a_wrong_rule(expression: str, fault: str) -> None:
    assert any(fault in each for each in faults(expression))


def test_M4_names_are_unique_and_each_alert_of_the_view_has_a_rule() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) > 10
    text = " ".join(rule["expr"] for rule in rules())
    view = (ROOT / "sinks/views/0271_completeness_alerts.sql").read_text()
    jumps = {f"{measure}_jumped" for measure in ("private", "other", "unparsed", "dropped_keys")}
    known = set(re.findall(r"SELECT '(\w+)'", view)) | jumps
    assert known - jumps == {"knowledge_low", "knowledge_dropped", "field_empty"}
    assert [alert for alert in known if not re.search(rf'[="|]{alert}["|]', text)] == []
    assert {alert for alert, _ in ALWAYS_SHOWN} <= known
    assert {name for _, name in ALWAYS_SHOWN} == COLLECTORS.keys() | FIELDS.keys()


def test_M4_operators_are_told_what_each_alert_means() -> None:
    page = (ROOT / "docs/operate.md").read_text()
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []
