"""KServe's runtime is the pod of our own GPU pools, and probes what the server answers."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.core.settings import Settings
from server.core.settings_sources import load_settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.k8s.objects import named, of_kind, workloads
from tests.k8s.rendering import render
from tests.k8s.test_manifests import RELEASES, invalid

OBJECTS = render("kserve")
RUNTIME = named(OBJECTS, "ServingRuntime", "m2m-server")["spec"]
SERVICE = named(OBJECTS, "InferenceService", "m2m100-418m")["spec"]["predictor"]
(CONTAINER,) = RUNTIME["containers"]
(OURS,) = [w for w in workloads(render("overlays/gpu-per-pod", ["model-cache"])) if w.serves]
VARIABLES = {entry["name"]: entry["value"] for entry in CONTAINER["env"]}
# KServe fills in a template with the metadata of the InferenceService.
MODEL = VARIABLES["TRANSLATION_MODEL"].replace("{{.Name}}", "m2m100-418m")


@pytest.fixture
def client(pool: FakePool) -> FlaskClient:
    (named_model,) = Settings(model=MODEL).models
    assert named_model.name is not None
    return create_app(
        make_services(pool, one_model(name=named_model.name), Settings())
    ).test_client()


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


def test_the_server_takes_the_variables() -> None:
    settings = load_settings(
        [], {name: value for name, value in VARIABLES.items() if name.startswith("TRANSLATION_")}
    )
    (port,) = CONTAINER["ports"]
    assert port["containerPort"] == settings.port
    assert MODEL == "m2m100-418m=/mnt/models"  # where KServe puts the model


def test_the_variables_are_those_of_our_pods() -> None:
    """But for the model, and the queue, whose default is that of one GPU."""
    ours = OURS.environment
    assert int(ours.pop("TRANSLATION_MAX_QUEUED_TOKENS")) == Settings().max_queued_tokens
    del ours["TRANSLATION_MODEL"]
    assert {name: value for name, value in VARIABLES.items() if name in ours} == ours
    assert VARIABLES.keys() - ours.keys() == {"TRANSLATION_MODEL"}


def test_the_pod_is_ours() -> None:
    main = OURS.main
    for part in ("image", "imagePullPolicy", "resources"):
        assert CONTAINER[part] == main[part]
    ours = OURS.pod["securityContext"] | main["securityContext"]
    both = {name: value for name, value in ours.items() if not name.startswith("fsGroup")}
    assert CONTAINER["securityContext"] == both
    volumes = {volume["name"]: volume for volume in OURS.pod["volumes"]}
    del volumes["models"]  # KServe's
    assert {volume["name"]: volume for volume in RUNTIME["volumes"]} == volumes
    for part in ("nodeSelector", "tolerations", "serviceAccountName", "enableServiceLinks",
                 "automountServiceAccountToken", "terminationGracePeriodSeconds"):  # fmt: skip
        assert SERVICE[part] == OURS.pod[part]


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_have_the_times_of_ours_and_are_answered(
    probe: str, client: FlaskClient, pool: FakePool
) -> None:
    asked: dict[str, Any] = dict(CONTAINER[probe])
    http = asked.pop("httpGet")
    assert asked == {name: n for name, n in OURS.main[probe].items() if name != "httpGet"}
    assert http["port"] == CONTAINER["ports"][0]["containerPort"]
    assert client.get(http["path"]).status_code == 200
    pool.state = "loading"
    assert client.get(http["path"]).status_code == (200 if probe == "livenessProbe" else 503)


def test_the_model_is_ready_under_the_name_of_the_service() -> None:
    ((name, _),) = [(model.name, model.model) for model in Settings(model=MODEL).models]
    assert name == of_kind(OBJECTS, "InferenceService")[0]["metadata"]["name"]


def test_a_request_may_take_as_long_as_the_server_lets_it() -> None:
    assert SERVICE["timeout"] > float(VARIABLES["TRANSLATION_MAX_TIMEOUT"])


def test_the_container_is_valid() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "runtime"},
        "spec": {"containers": [CONTAINER], "volumes": RUNTIME["volumes"]},
    }
    for release in RELEASES:
        assert invalid(json.dumps(pod), release) is None


def test_the_runtime_serves_what_the_service_asks_for() -> None:
    model = SERVICE["model"]
    formats = [each["name"] for each in RUNTIME["supportedModelFormats"]]
    assert model["modelFormat"]["name"] in formats
    assert model["protocolVersion"] in RUNTIME["protocolVersions"]
    claims = {
        volume.get("persistentVolumeClaim", {}).get("claimName") for volume in OURS.pod["volumes"]
    }
    scheme, _, place = model["storageUri"].partition("://")
    claim, _, folder = place.partition("/")
    assert scheme == "pvc"
    assert claim in claims
    assert OURS.environment["TRANSLATION_MODEL"].endswith(f"/{folder}")
