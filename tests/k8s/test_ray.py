"""The RayJob runs a command that the tool takes, in pods that are as guarded as our own."""

import json
import re
import shlex
from typing import Any

import pytest

from bulk.cli import _make_parser
from server.core.settings_sources import load_settings
from tests.k8s.objects import matches, named, workloads
from tests.k8s.rendering import ROOT, render
from tests.k8s.test_manifests import RELEASES, invalid

OBJECTS = render("ray")
JOB = named(OBJECTS, "RayJob", "m2m-ray")["spec"]
CLUSTER = JOB["rayClusterSpec"]
HEAD = CLUSTER["headGroupSpec"]
(WORKER,) = CLUSTER["workerGroupSpecs"]
PODS = {
    "submitter": JOB["submitterPodTemplate"],
    "head": HEAD["template"],
    "worker": WORKER["template"],
}
(OURS,) = [w for w in workloads(render("overlays/gpu-per-pod", ["model-cache"])) if w.serves]
(BULK,) = workloads(render("jobs/bulk-gpu"))

each = pytest.mark.parametrize("name", list(PODS))


def container(name: str) -> dict[str, Any]:
    (only,) = PODS[name]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def variables(name: str) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(name).get("env", [])}


def mounts(name: str) -> dict[str, str]:
    """Return the claim or kind of each volume by the folder where it is mounted."""
    volumes = {volume["name"]: volume for volume in PODS[name]["spec"]["volumes"]}
    return {
        mount["mountPath"]: volumes[mount["name"]]
        .get("persistentVolumeClaim", {})
        .get("claimName", "")
        for mount in container(name)["volumeMounts"]
    }


def test_the_tool_takes_the_command() -> None:
    command, *flags = shlex.split(JOB["entrypoint"])
    args = _make_parser().parse_args(flags)
    assert (command, args.ray, args.table, args.columns) == (
        "m2m-translate", "auto", True, ["text"],
    )  # fmt: skip
    tables = named(OBJECTS, "PersistentVolumeClaim", "m2m-ray")["metadata"]["name"]
    for path in (*args.files, str(args.output)):
        assert mounts("head")[path.rpartition("/")[0]] == tables


def test_workers_have_the_model_of_the_command() -> None:
    """It reads the settings, on the head; the actors load the model, on the workers."""
    settings = load_settings([], {n: v for n, v in variables("head").items() if "TRANSL" in n})
    assert settings.model == OURS.environment["TRANSLATION_MODEL"]
    assert settings.local_files_only
    folder = "/" + str(settings.model).split("/")[1]
    assert mounts("worker")[folder] == "m2m-models"
    assert str(settings.cache).startswith("/tmp/")
    ours = BULK.environment
    assert variables("worker") == {name: ours[name] for name in variables("worker")}


def test_the_head_translates_nothing_and_each_worker_has_a_gpu() -> None:
    assert HEAD["rayStartParams"]["num-cpus"] == "0"
    assert "nvidia.com/gpu" not in container("head")["resources"]["limits"]
    assert container("worker")["resources"]["limits"]["nvidia.com/gpu"] == 1
    cpus = container("worker")["resources"]["requests"]["cpu"]
    assert WORKER["rayStartParams"]["num-cpus"] == cpus
    for part in ("nodeSelector", "tolerations"):
        assert PODS["worker"]["spec"][part] == OURS.pod[part]


@each
def test_pods_are_as_guarded_as_ours(name: str) -> None:
    pod, ours = PODS[name]["spec"], BULK.pod
    for part in ("securityContext", "serviceAccountName", "automountServiceAccountToken",
                 "enableServiceLinks", "terminationGracePeriodSeconds"):  # fmt: skip
        assert pod[part] == ours[part]
    assert container(name)["securityContext"] == BULK.main["securityContext"]
    assert container(name)["image"] == f"m2m-server-ray:{OURS.main['image'].rpartition(':')[2]}"
    limits, requests = (container(name)["resources"][which] for which in ("limits", "requests"))
    assert limits["memory"] == requests["memory"]


@each
def test_pods_are_valid(name: str) -> None:
    spec = {"restartPolicy": "Always"} | PODS[name]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    for release in RELEASES:
        assert invalid(json.dumps(pod), release) is None


@each
def test_the_policy_selects_the_pods(name: str) -> None:
    """Ray has no accounts: nobody else may reach it."""
    policy = named(OBJECTS, "NetworkPolicy", "m2m-ray")["spec"]
    labels = PODS[name]["metadata"]["labels"]
    assert matches(policy["podSelector"], labels)
    (rule,) = policy["ingress"]
    inner = [peer["podSelector"] for peer in rule["from"] if "namespaceSelector" not in peer]
    assert all(matches(selector, labels) for selector in inner)
    assert inner


def test_the_version_is_that_of_the_image() -> None:
    lock = (ROOT / "requirements/ray.txt").read_text()
    (version,) = re.findall(r"^ray==(\S+)", lock, re.MULTILINE)
    assert CLUSTER["rayVersion"] == version


def test_a_failed_try_is_repeated_and_the_cluster_removed() -> None:
    assert JOB["backoffLimit"] == BULK.spec["backoffLimitPerIndex"]
    assert JOB["shutdownAfterJobFinishes"]
