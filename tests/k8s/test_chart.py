"""The Helm chart lints, and what it renders is valid and keeps the rules of all manifests."""

import json
import re
import tarfile
from configparser import ConfigParser
from importlib.metadata import version
from pathlib import Path

import helm_python
import pytest
import yaml
from flask import Flask

from server.app import create_admin_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.k8s import cluster_rules, pod_rules
from tests.k8s.chart import CHART, EXAMPLES, Values, example, render_chart, rendered_files
from tests.k8s.chart_readme import BEGIN, END, README, table
from tests.k8s.objects import named, of_kind, workloads
from tests.k8s.rendering import ROOT
from tests.k8s.test_manifests import CUSTOM, RELEASES, invalid

# From which release on Kubernetes has what an example uses.
SINCE = {"oci": "1.34", "dra": "1.34"}
# GPUs that are claimed are not in the limits, where the rules look for them; test_chart_values.py
# checks these.
CLAIMED = {"dra"}
PODS_OF_OTHERS = {("monitoring.coreos.com/v1", "PodMonitor")}
EVERYTHING: Values = {
    "image": {"pullSecrets": ["registry"], "cpu": {"digest": f"sha256:{'0' * 64}"}},
    "apiKeys": {"secret": "m2m-api-keys"},
    "secretEnv": {"HF_TOKEN": {"secret": "hub", "key": "token"}},
    "front": {"enabled": True},
    "pools": {
        "main": {"device": "gpu", "autoscaling": {"kind": "keda"}, "podLabels": {"team": "a"}},
        "cpu": {"device": "cpu", "autoscaling": {"kind": "hpa"}, "priorityClassName": "batch"},
    },
    "ingress": {
        "enabled": True,
        "hosts": ["translate.example.com"],
        "tls": [{"secretName": "certificate", "hosts": ["translate.example.com"]}],
    },
    "httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}], "cpuShare": 2},
    "networkPolicy": {
        "enabled": True,
        "egress": [{"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}], "ports": [{"port": 5432}]}],
    },
    "monitoring": {"kind": "podMonitor"},
}

examples = pytest.mark.parametrize("name", ["cpu", *EXAMPLES])


@pytest.fixture(scope="module")
def admin() -> Flask:
    return create_admin_app(make_services(FakePool(), one_model(), Settings()))


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_helm_lints_the_chart(values: Values) -> None:
    report = helm_python.lint(CHART, values, strict=True, namespace="m2m-server")
    assert report["errors"] == []
    assert [each["error"] for each in report["messages"]] == ["icon is recommended"]


@examples
def test_all_is_valid(name: str) -> None:
    _check(example(name), SINCE.get(name, RELEASES[0]))


def test_all_is_valid_with_everything_switched_on() -> None:
    _check(EVERYTHING, RELEASES[0])


def _check(values: Values, since: str) -> None:
    for item in render_chart(values):
        if (item["apiVersion"], item["kind"]) not in CUSTOM | PODS_OF_OTHERS:
            for release in RELEASES:
                if release >= since:
                    assert invalid(json.dumps(item), release) is None
    pod = yaml.safe_load(rendered_files(values)["tests/served.yaml"])
    assert invalid(json.dumps(pod), RELEASES[0]) is None


@pytest.mark.parametrize("name", ["cpu", *(name for name in EXAMPLES if name not in CLAIMED)])
def test_pods_keep_the_rules(name: str, admin: Flask) -> None:
    problems = [
        f"{workload.name}: {problem}"
        for workload in workloads(render_chart(example(name)))
        for problem in pod_rules.problems(workload, admin, version("m2m-server"))
    ]
    assert problems == []


@examples
def test_objects_fit_together(name: str) -> None:
    assert cluster_rules.problems(render_chart(example(name))) == []


def test_objects_fit_together_with_everything_switched_on() -> None:
    """Names are made from the release's, and two releases share no pod and no name."""
    both = render_chart(EVERYTHING, "one") + render_chart(EVERYTHING, "two")
    assert cluster_rules.problems(both) == []


def test_every_yaml_key_is_there_once() -> None:
    """YAML parsers keep the last of two equal keys, and Helm says nothing."""
    for name, text in rendered_files(EVERYTHING).items():
        if name != "NOTES.txt":
            for node in yaml.compose_all(text, Loader=yaml.CSafeLoader):
                _check_keys(node, name)


def _check_keys(node: yaml.Node | None, name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        assert len(set(keys)) == len(keys), f"{name}: {keys}"
        for _, value in node.value:
            _check_keys(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value, name)


def test_the_version_is_that_of_the_server() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == setup["metadata"]["version"]


def test_a_change_of_settings_rolls_the_pods() -> None:
    def annotations(values: Values) -> object:
        (deployment,) = of_kind(render_chart(values), "Deployment")
        return deployment["spec"]["template"]["metadata"]["annotations"]

    assert annotations({}) == annotations({"pools": {"main": {"replicas": 3}}})
    assert annotations({}) != annotations({"settings": {"TRANSLATION_BEAMS": 2}})


def test_a_package_has_the_files_that_are_links_here(tmp_path: Path) -> None:
    archive = helm_python.package(CHART, destination=tmp_path)
    with tarfile.open(archive) as packed:
        for name in ("alerts.yaml", "nginx.conf"):
            member = packed.getmember(f"m2m-server/files/{name}")
            assert member.isfile()
            assert member.size == (CHART / "files" / name).stat().st_size
    with helm_python.Chart.load(archive) as chart:
        files = chart.render(EVERYTHING, name="m2m-server", namespace="m2m-server")
    assert files["m2m-server/templates/front.yaml"] == rendered_files(EVERYTHING)["front.yaml"]


def test_nginx_asks_the_services_of_the_release() -> None:
    objects = render_chart(EVERYTHING, "blue")
    config = named(objects, "ConfigMap", "blue-front")["data"]["nginx.conf"]
    for device in ("gpu", "cpu"):
        named(objects, "Service", f"blue-{device}")
        assert f"server blue-{device}:8000" in config
    assert "m2m-server-gpu:8000" not in config


def test_an_old_job_is_replaced_only_by_a_different_one() -> None:
    def name(**model: str) -> str:
        entry = {"name": "m2m", "hub": "facebook/m2m100_418M", **model}
        values = {"models": {"source": "claim", "list": [entry]}}
        (job,) = of_kind(render_chart(values), "Job")
        return str(job["metadata"]["name"])

    assert name() == name()
    assert name() != name(revision="abc")


def test_the_readme_lists_the_values() -> None:
    _, begin, rest = README.read_text().partition(BEGIN)
    shown, end, _ = rest.partition(END)
    assert begin
    assert end
    assert shown == table(), "run `make chart-readme`"


def test_examples_are_explained() -> None:
    text = README.read_text()
    for name in EXAMPLES:
        assert f"(examples/{name}.yaml)" in text
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (CHART / target).exists(), target
