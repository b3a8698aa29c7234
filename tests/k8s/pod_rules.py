"""What must hold of every pod. A rule yields a sentence for each thing that is wrong."""

import contextlib
import io
import math
from collections.abc import Iterator

from flask import Flask
from werkzeug.exceptions import HTTPException

from server.core.model_settings import split_models
from server.core.settings import Settings
from server.core.settings_sources import PREFIX, load_settings
from tests.k8s.objects import Workload, gpu_counts, image_name, matches, quantity, selectors

OTHER_VARIABLES = {"CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES", "HF_HOME", "HF_HUB_OFFLINE"}
_STARTUP_SECONDS = 600
_PRE_STOP_SECONDS = range(10, 16)


def environment(workload: Workload) -> Iterator[str]:
    """Every variable is one that the server knows, with a value that it takes."""
    if not workload.is_ours:
        return
    variables = workload.environment
    for name in variables:
        if not name.startswith(PREFIX) and name not in OTHER_VARIABLES:
            yield f"{name} is not a known variable"
    try:
        settings_of(workload)
    except ValueError as error:
        yield str(error)
    if "NVIDIA_VISIBLE_DEVICES" in variables:
        yield "NVIDIA_VISIBLE_DEVICES takes GPUs past the device plugin"


def settings_of(workload: Workload) -> Settings:
    """Return the settings that the server would start with; ValueError with its message."""
    messages = io.StringIO()
    with contextlib.redirect_stderr(messages):
        try:
            return load_settings([], workload.environment)
        except SystemExit:
            raise ValueError(messages.getvalue().strip()) from None


def ports_and_probes(workload: Workload, admin: Flask) -> Iterator[str]:
    """Ports are the server's; probes ask the admin port for what its application routes."""
    if not workload.serves:
        return
    settings = settings_of(workload)
    ports = {port["name"]: port["containerPort"] for port in workload.main["ports"]}
    if ports != {"http": settings.port, "admin": settings.admin_listen_port}:
        yield f"the ports {ports} are not those that the server listens on"
    if settings.host not in ("0.0.0.0", "::"):
        yield f"nothing outside the pod reaches {settings.host}"
    routes = admin.url_map.bind("pod")
    for probe, path in (
        ("startupProbe", "/health_check"),
        ("readinessProbe", "/health_check"),
        ("livenessProbe", "/health_check/live"),
    ):
        asked = workload.main.get(probe, {}).get("httpGet", {})
        if (asked.get("path"), asked.get("port")) != (path, "admin"):
            yield f"{probe} asks {asked} instead of {path} on the admin port"
            continue
        try:
            routes.match(asked["path"], method="GET")
        except HTTPException:
            yield f"{probe}: the admin port has no {asked['path']}"


def start(workload: Workload) -> Iterator[str]:
    """A start may take ten minutes, and a rollout must not be given up before."""
    if not workload.serves:
        return
    probe = workload.main.get("startupProbe", {})
    budget = probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
    if budget < _STARTUP_SECONDS:
        yield f"the start may take only {budget} s"
    if workload.spec["progressDeadlineSeconds"] <= budget:
        yield "the rollout is given up before the start is"


def end(workload: Workload) -> Iterator[str]:
    """Endpoints go first, then requests finish, and only then may kubelet kill."""
    if not workload.serves:
        return
    command = workload.main.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command")
    if not command or command[0] != "sleep" or int(command[1]) not in _PRE_STOP_SECONDS:
        yield f"preStop is {command} instead of a sleep of 10 to 15 s"
        return
    settings = settings_of(workload)
    if settings.drain_timeout < settings.max_timeout:
        yield "a request may last longer than the drain"
    longest = int(command[1]) + max(settings.drain_timeout, settings.max_timeout)
    if workload.pod.get("terminationGracePeriodSeconds", 30) <= longest:
        yield f"the grace is not longer than preStop and the longest request, {longest:g} s"


def gpus(workload: Workload) -> Iterator[str]:
    """GPUs are requested as they are limited, found in one order, and all used."""
    if not workload.is_ours:
        return
    for container in workload.containers:
        limits, requests = gpu_counts(container, "limits"), gpu_counts(container, "requests")
        if requests and requests != limits:
            yield f"the container {container['name']} requests {requests} and may use {limits}"
    yield from _with_gpus(workload) if workload.gpus else _without_gpus(workload)


def _without_gpus(workload: Workload) -> Iterator[str]:
    variables = workload.environment
    if variables.get("CUDA_VISIBLE_DEVICES") != "" and "TRANSLATION_DEVICES" in variables:
        yield "a pod without GPUs needs an empty CUDA_VISIBLE_DEVICES"
    if variables.get("TRANSLATION_DEVICES", "cpu") != "cpu":
        yield "a pod without GPUs is to use some"


def _with_gpus(workload: Workload) -> Iterator[str]:
    variables = workload.environment
    devices = variables.get("TRANSLATION_DEVICES", "auto").split(",")
    if devices != [f"cuda:{i}" for i in range(workload.gpus)]:
        yield f"the pod has {workload.gpus} GPUs and uses {devices}"
    if variables.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        yield "CUDA_DEVICE_ORDER is not PCI_BUS_ID"
    if "CUDA_VISIBLE_DEVICES" in variables:
        yield "CUDA_VISIBLE_DEVICES hides GPUs from a pod that has some"
    if not any(taint["key"] == "nvidia.com/gpu" for taint in workload.pod.get("tolerations", [])):
        yield "the taint of GPU nodes is not tolerated"
    if not workload.pod.get("nodeSelector"):
        yield "there is no node selector"


def rollout(workload: Workload) -> Iterator[str]:
    """On GPU nodes the old pod goes first; elsewhere the new one comes first."""
    if workload.object["kind"] != "Deployment":
        return
    wanted = (0, 1) if workload.gpus else (1, 0)
    update = workload.spec["strategy"]["rollingUpdate"]
    if (update["maxSurge"], update["maxUnavailable"]) != wanted:
        yield f"the rollout is {update}"


def resources(workload: Workload) -> Iterator[str]:
    """Memory is limited, CPU is not; what is held in memory is counted."""
    for container in workload.containers:
        limits = container.get("resources", {}).get("limits", {})
        requests = container.get("resources", {}).get("requests", {})
        if "cpu" in limits:
            yield f"the container {container['name']} has a CPU limit"
        if "memory" not in limits:
            yield f"the container {container['name']} has no memory limit"
        elif limits["memory"] != requests.get("memory"):
            yield f"the container {container['name']} is promised less memory than it may take"
        if "cpu" not in requests:
            yield f"the container {container['name']} requests no CPU"
    in_memory = sum(
        quantity(volume["emptyDir"]["sizeLimit"])
        for volume in workload.pod.get("volumes", [])
        if volume.get("emptyDir", {}).get("medium") == "Memory"
    )
    memory = workload.main.get("resources", {}).get("limits", {}).get("memory", math.inf)
    if in_memory > quantity(memory) / 4:
        yield "volumes in memory may take more than a quarter of the limit"


def volumes(workload: Workload) -> Iterator[str]:
    """Mounts and volumes belong to each other; temporary ones have a size."""
    declared = {volume["name"]: volume for volume in workload.pod.get("volumes", [])}
    mounted = {
        mount["name"] for item in workload.containers for mount in item.get("volumeMounts", [])
    }
    yield from (f"there is no volume {name} to mount" for name in sorted(mounted - set(declared)))
    yield from (f"nothing mounts the volume {name}" for name in sorted(set(declared) - mounted))
    for name, volume in declared.items():
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"the volume {name} may grow without limit"
        if "hostPath" in volume:
            yield f"the volume {name} is the node's"


def files(workload: Workload) -> Iterator[str]:
    """The model is there, and what the server writes is written to a volume."""
    if not workload.is_ours:
        return
    mounts = workload.main.get("volumeMounts", [])
    writable = [mount["mountPath"] for mount in mounts if not mount.get("readOnly")]
    variables = workload.environment
    for name in ("TRANSLATION_CACHE", "HF_HOME"):
        path = variables.get(name)
        if path and not any(path.startswith(f"{folder}/") for folder in writable):
            yield f"{name}={path} is on no volume"
    in_image = {"/opt/models/bundled"}
    if image_name(workload.main["image"]) == "m2m-server-418m":
        in_image.add("/opt/models/m2m100_418M")
    given = split_models(variables.get("TRANSLATION_MODEL", "/opt/models/bundled"))
    for model in (named.model for named in given):
        if not model.startswith("/"):
            yield f"the model {model} would be downloaded or converted by every pod"
        elif model not in in_image and not any(
            model.startswith(f"{mount['mountPath']}/") for mount in mounts
        ):
            yield f"the model {model} is neither on a volume nor in the image"


def security(workload: Workload) -> Iterator[str]:
    """The restricted profile, and nothing given that is not needed."""
    pod = workload.pod
    context = pod.get("securityContext", {})
    if not context.get("runAsNonRoot") or not context.get("runAsUser"):
        yield "it may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "the seccomp profile is not the runtime's"
    if "fsGroup" in context and context.get("fsGroupChangePolicy") != "OnRootMismatch":
        yield "every start would change the owner of every file"
    if pod.get("automountServiceAccountToken") is not False:
        yield "it gets a token for the API server"
    if pod.get("enableServiceLinks") is not False:
        yield "it gets variables for every Service"
    yield from (f"{name} is set" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name))
    for container in workload.containers:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            yield f"the container {container['name']} may gain privileges"
        if own.get("capabilities") != {"drop": ["ALL"]}:
            yield f"the container {container['name']} keeps capabilities"
        if not own.get("readOnlyRootFilesystem") and not gpu_counts(container, "limits"):
            yield f"the container {container['name']} may write to its image"


def images(workload: Workload, version: str) -> Iterator[str]:
    """Images have a tag, which for ours is this version."""
    for container in workload.containers:
        name, _, tag = container["image"].rpartition("/")[2].partition(":")
        if tag in ("", "latest"):
            yield f"the image {container['image']} is another one tomorrow"
        elif name.startswith("m2m-server") and tag != version:
            yield f"the image {container['image']} is not of version {version}"


def spread(workload: Workload) -> Iterator[str]:
    """Pods of a Deployment spread over hosts and zones, those of one revision by themselves."""
    if workload.object["kind"] != "Deployment":
        return
    constraints = workload.pod.get("topologySpreadConstraints", [])
    keys = {constraint["topologyKey"] for constraint in constraints}
    if keys != {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
        yield f"it spreads over {sorted(keys)}"
    if any(item.get("matchLabelKeys") != ["pod-template-hash"] for item in constraints):
        yield "pods of an old revision count in the spread of the new one"
    for path, selector in selectors(workload.pod):
        if not matches(selector, workload.labels):
            yield f"{path} selects other pods than its own"


def job(workload: Workload) -> Iterator[str]:
    """Jobs remove themselves; shares are numbered, and fail and are repeated one by one."""
    if workload.object["kind"] != "Job":
        return
    spec = workload.spec
    if "ttlSecondsAfterFinished" not in spec:
        yield "it stays for ever, and cannot be applied again with another image"
    if spec.get("completionMode") != "Indexed":
        return
    shard = f"--shard $(JOB_COMPLETION_INDEX)/{spec['completions']} "
    if shard not in " ".join(workload.main["args"]):
        yield "the shares are not as many as the completions"
    if "backoffLimitPerIndex" not in spec:
        yield "one bad share ends all"
    rules = {rule["action"]: rule for rule in spec.get("podFailurePolicy", {}).get("rules", [])}
    if [item["type"] for item in rules.get("Ignore", {}).get("onPodConditions", [])] != [
        "DisruptionTarget"
    ]:
        yield "a drained node counts as a failure"
    if rules.get("FailIndex", {}).get("onExitCodes") != {
        "containerName": workload.main["name"],
        "operator": "In",
        "values": [2],
    }:
        yield "bad input is tried again"
    if workload.pod["restartPolicy"] != "Never":
        yield "a failure policy needs restartPolicy Never"


def problems(workload: Workload, admin: Flask, version: str) -> list[str]:
    """Return all that is wrong with a workload."""
    if unknown := [*environment(workload)]:  # the other problems follow from these
        return unknown
    rules = (start, end, gpus, rollout, resources, volumes, files, security, spread, job)
    return [
        *(problem for rule in rules for problem in rule(workload)),
        *ports_and_probes(workload, admin),
        *images(workload, version),
    ]
