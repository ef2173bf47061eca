"""What Prometheus alerts on and Grafana draws exists, by the names the switch gives it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from acd.core.reports import NoTransition
from acd.metrics import Metrics
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.settings import AmiSettings
from tests.switch_twin import SwitchTwin, make_site

CONFIG = Path(__file__).parents[2] / "config"
NAME = re.compile(r"\b(?:hotline|process)_[a-z_]+\b")
LABEL_SETS = re.compile(r"\b((?:hotline|process)_[a-z_]+)\{([^}]*)\}")
LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")


def list_expressions() -> list[str]:
    rules = YAML(typ="safe").load(CONFIG / "prometheus" / "alerts.yml")
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((CONFIG / "grafana" / "dashboards" / "hotline.json").read_text(encoding="utf-8"))
    expressions += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return expressions + [variable["query"]["query"] for variable in dashboard["templating"]["list"]]


@pytest.fixture(scope="module")
def served() -> dict[str, set[str]]:
    """Every name on the metrics page of a switch that has had a call, with its labels."""
    metrics = Metrics(make_site())
    switch = SwitchTwin(observers=[metrics.calls])
    link = AmiLink(
        AmiSettings(username="u", secret="s"), wanted=[], on_event=lambda message: None, on_up=lambda: None,
        on_down=lambda reason: None,
    )  # fmt: skip
    metrics.watch(switch.view, switch.health, link)
    metrics.ami.take_answer("Redirect", 0.001)
    switch.staff("1001")
    switch.call("c1")
    switch.answer()
    metrics.calls.observe(0.0, None, [NoTransition(0.0, "call", "c1", "talking", "waiting")])
    names: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


def test_every_name_and_label_is_on_the_metrics_page(served: dict[str, set[str]]) -> None:
    expressions = list_expressions()
    assert len(expressions) > 25
    for expression in expressions:
        for name in NAME.findall(expression):
            assert name in served, f"{name} in {expression}"
        for name, inner in LABEL_SETS.findall(expression):
            for label in LABEL.findall(inner):
                assert label in served[name] | {"job"}, f"{label} of {name} in {expression}"


def test_an_edge_that_is_drawn_is_an_edge_of_the_histogram(served: dict[str, set[str]]) -> None:
    """A service level read at an edge that is not there would be silently empty."""
    metrics = Metrics(make_site())
    edges = {
        sample.labels["le"]
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "hotline_wait_seconds_bucket"
    }
    drawn = {edge for expression in list_expressions() for edge in re.findall(r'le="([^"]+)"', expression)}
    assert drawn
    assert drawn <= edges


def test_every_alert_says_what_to_do() -> None:
    rules: Any = YAML(typ="safe").load(CONFIG / "prometheus" / "alerts.yml")
    for rule in rules["groups"][0]["rules"]:
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["remedy"], rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]


def test_the_scrape_reads_the_port_that_is_shipped() -> None:
    prometheus = YAML(typ="safe").load(CONFIG / "prometheus" / "prometheus.yml")
    site = YAML(typ="safe").load(CONFIG / "site.yaml")
    target = prometheus["scrape_configs"][0]["static_configs"][0]["targets"][0]
    assert target == f"{site['metrics']['host']}:{site['metrics']['port']}"
