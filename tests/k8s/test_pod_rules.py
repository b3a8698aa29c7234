"""The rules for pods can fail: each change here must be caught."""

import pytest
from flask import Flask

from server.app import create_admin_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.k8s import pod_rules
from tests.k8s.changes import remove, set_value, set_variable
from tests.k8s.objects import named, workloads
from tests.k8s.rendering import render

VERSION = "1.2.3"


@pytest.fixture(scope="module")
def admin() -> Flask:
    return create_admin_app(make_services(FakePool(), one_model(), Settings()))


POD = "spec.template.spec"
MAIN = f"{POD}.containers.0"
CPU, GPU, BULK = ("overlays/cpu",), ("overlays/gpu-node",), ("jobs/bulk",)
BAD_PODS = {
    "a misspelt variable": (CPU, set_variable("TRANSLATION_MODELL", "x"), "did you mean"),
    "a value out of range": (CPU, set_variable("TRANSLATION_PORT", "99999"), "TRANSLATION_PORT"),
    "a variable of nobody": (CPU, set_variable("OMP_NUM_THREADS", "2"), "is not a known variable"),
    "another port": (CPU, set_variable("TRANSLATION_PORT", "9000"), "not those that the server"),
    "local only": (CPU, set_variable("TRANSLATION_HOST", "127.0.0.1"), "nothing outside"),
    "a probe of the process for readiness": (
        CPU,
        set_value(f"{MAIN}.readinessProbe.httpGet.path", "/health_check/live"),
        "readinessProbe",
    ),
    "a probe on the clients' port": (
        CPU,
        set_value(f"{MAIN}.livenessProbe.httpGet.port", "http"),
        "livenessProbe",
    ),
    "no startup probe": (CPU, remove(f"{MAIN}.startupProbe"), "startupProbe"),
    "a short start": (CPU, set_value(f"{MAIN}.startupProbe.failureThreshold", 20), "only 100 s"),
    "a hasty rollout": (CPU, set_value("spec.progressDeadlineSeconds", 600), "given up"),
    "a short grace": (CPU, set_value(f"{POD}.terminationGracePeriodSeconds", 135), "the grace"),
    "a long drain": (CPU, set_variable("TRANSLATION_DRAIN_TIMEOUT", "300"), "the grace"),
    "a drain shorter than a request": (
        CPU,
        set_variable("TRANSLATION_DRAIN_TIMEOUT", "30"),
        "longer than the drain",
    ),
    "no preStop": (CPU, remove(f"{MAIN}.lifecycle"), "preStop"),
    "a request for other GPUs": (
        GPU,
        set_value(f"{MAIN}.resources.requests", {"nvidia.com/gpu": 4}),
        "requests",
    ),
    "GPUs that nobody uses": (GPU, set_variable("TRANSLATION_DEVICES", "cuda:0"), "8 GPUs"),
    "GPUs in any order": (GPU, set_variable("CUDA_DEVICE_ORDER", None), "PCI_BUS_ID"),
    "GPUs by another way": (
        GPU,
        set_variable("NVIDIA_VISIBLE_DEVICES", "all"),
        "NVIDIA_VISIBLE_DEVICES",
    ),
    "GPUs seen by a CPU pod": (CPU, set_variable("CUDA_VISIBLE_DEVICES", None), "empty"),
    "no toleration": (GPU, remove(f"{POD}.tolerations"), "taint"),
    "surge on full nodes": (GPU, set_value("spec.strategy.rollingUpdate.maxSurge", 1), "rollout"),
    "a CPU limit": (CPU, set_value(f"{MAIN}.resources.limits.cpu", "4"), "CPU limit"),
    "no memory limit": (CPU, remove(f"{MAIN}.resources.limits.memory"), "no memory limit"),
    "much in memory": (
        CPU,
        set_value(f"{POD}.volumes.0.emptyDir", {"medium": "Memory", "sizeLimit": "4Gi"}),
        "a quarter",
    ),
    "a mount of nothing": (
        CPU,
        set_value(f"{MAIN}.volumeMounts.0.name", "other"),
        "no volume other",
    ),
    "a boundless volume": (CPU, set_value(f"{POD}.volumes.0.emptyDir", {}), "without limit"),
    "a cache in the image": (CPU, set_variable("TRANSLATION_CACHE", "/opt/cache"), "on no volume"),
    "no model": (CPU, set_variable("TRANSLATION_MODEL", "/models/big"), "neither on a volume"),
    "a model from the hub": (
        CPU,
        set_variable("TRANSLATION_MODEL", "facebook/m2m100_418M"),
        "downloaded or converted by every pod",
    ),
    "a token": (CPU, remove(f"{POD}.automountServiceAccountToken"), "token"),
    "service links": (CPU, set_value(f"{POD}.enableServiceLinks", True), "variables for every"),
    "root": (CPU, remove(f"{POD}.securityContext.runAsNonRoot"), "as root"),
    "a capability": (
        CPU,
        set_value(f"{MAIN}.securityContext.capabilities", {"add": ["SYS_ADMIN"], "drop": ["ALL"]}),
        "capabilities",
    ),
    "latest": (CPU, set_value(f"{MAIN}.image", "m2m-server:latest"), "another one tomorrow"),
    "no tag": (CPU, set_value(f"{MAIN}.image", "registry:5000/m2m-server"), "another one tomorrow"),
    "another version": (CPU, set_value(f"{MAIN}.image", "m2m-server:1.2.2"), "not of version"),
    "a spread over old revisions": (
        CPU,
        remove(f"{POD}.topologySpreadConstraints.0.matchLabelKeys"),
        "old revision",
    ),
    "a spread of other pods": (
        CPU,
        set_value(f"{POD}.topologySpreadConstraints.0.labelSelector.matchLabels.a", "b"),
        "other pods",
    ),
    "shares that are left out": (BULK, set_value("spec.completions", 8), "shares"),
    "a job for ever": (BULK, remove("spec.ttlSecondsAfterFinished"), "for ever"),
    "drains that count": (
        BULK,
        set_value("spec.podFailurePolicy.rules.0.action", "Count"),
        "drained",
    ),
    "bad input again": (
        BULK,
        set_value("spec.podFailurePolicy.rules.1.onExitCodes.values", [1]),
        "tried again",
    ),
}


@pytest.mark.parametrize("name", BAD_PODS)
def test_a_bad_pod_is_caught(name: str, admin: Flask) -> None:
    folder, change, problem = BAD_PODS[name]
    kind = "Job" if folder == BULK else "Deployment"
    objects = render(*folder)
    target = named(objects, kind, "m2m-bulk" if folder == BULK else "m2m-server")
    (workload,) = [w for w in workloads(objects) if w.object is target]
    workload.main["image"] = workload.main["image"].rpartition(":")[0] + f":{VERSION}"
    assert pod_rules.problems(workload, admin, VERSION) == []
    change(target)
    found = pod_rules.problems(workload, admin, VERSION)
    assert [text for text in found if problem in text], found
