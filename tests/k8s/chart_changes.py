"""For each value of the chart: a change of it, and what then appears in the output.

A case is (what has to be set for it to matter, the change, what appears). `POOL` has the values of
a pool, `CHART` all others; names as `leaves` of tests/k8s/chart.py gives them.
"""

from typing import Any

Case = tuple[dict[str, Any], dict[str, Any], str]

GPU = {"device": "gpu"}
NODE = {"key": "kind", "operator": "In", "values": ["fast"]}
AFFINITY = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [NODE]}}
TOPOLOGY = {"topologyKey": "rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}

POOL: dict[str, Case] = {
    "device": ({}, GPU, "image: m2m-server-cuda:"),
    "replicas": ({}, {"replicas": 0}, "replicas: 0"),
    "gpus.count": (GPU, {"gpus": {"count": 16}}, "cuda:14,cuda:15"),
    "gpus.resource": (GPU, {"gpus": {"resource": "nvidia.com/mig-1g.10gb"}}, "mig-1g.10gb: 1"),
    "gpus.deviceClass": (
        GPU,
        {"gpus": {"deviceClass": "gpu.nvidia.com"}},
        "deviceClassName: gpu.nvidia.com",
    ),
    "gpus.selectors": (
        {"device": "gpu", "gpus": {"deviceClass": "gpu.nvidia.com"}},
        {"gpus": {"selectors": ['device.attributes["a"].b == "c"']}},
        r'expression: "device.attributes[\"a\"].b == \"c\""',
    ),
    "writableRoot": (GPU, {"writableRoot": True}, "readOnlyRootFilesystem: false"),
    "cpu": ({}, {"cpu": 6}, 'cpu: "6"'),
    "memory": ({}, {"memory": "7Gi"}, "memory: 7Gi"),
    "sharedMemory": ({}, {"sharedMemory": "300Mi"}, "sizeLimit: 300Mi"),
    "scratch.size": ({}, {"scratch": {"size": "5Gi"}}, "sizeLimit: 5Gi"),
    "scratch.limit": ({}, {"scratch": {"limit": "7Gi"}}, "ephemeral-storage: 7Gi"),
    "settings.*": (
        {},
        {"settings": {"TRANSLATION_MAX_QUEUED_TOKENS": 1_600_000}},
        'value: "1600000"',
    ),
    "env": ({}, {"env": [{"name": "HF_HOME", "value": "/tmp/hub"}]}, "value: /tmp/hub"),
    "volumes": ({}, {"volumes": [{"name": "terms", "emptyDir": {}}]}, "name: terms"),
    "volumeMounts": (
        {},
        {"volumeMounts": [{"name": "terms", "mountPath": "/terms"}]},
        "mountPath: /terms",
    ),
    "queueTarget": (
        {"autoscaling": {"kind": "keda"}},
        {"queueTarget": 1_700_000},
        'threshold: "1700000"',
    ),
    "autoscaling.kind": ({}, {"autoscaling": {"kind": "hpa"}}, "kind: HorizontalPodAutoscaler"),
    "autoscaling.minReplicas": (
        {"autoscaling": {"kind": "hpa"}},
        {"autoscaling": {"minReplicas": 3}},
        "minReplicas: 3",
    ),
    "autoscaling.maxReplicas": (
        {"autoscaling": {"kind": "keda"}},
        {"autoscaling": {"maxReplicas": 30}},
        "maxReplicaCount: 30",
    ),
    "autoscaling.wakePool": (
        {"autoscaling": {"kind": "keda", "minReplicas": 0, "wakePool": "other"}},
        {"autoscaling": {"wakePool": "third"}},
        'm2m_server_pool="third"',
    ),
    "strategy.maxSurge": ({}, {"strategy": {"maxSurge": "25%"}}, "maxSurge: 25%"),
    "strategy.maxUnavailable": ({}, {"strategy": {"maxUnavailable": 2}}, "maxUnavailable: 2"),
    "disruptionBudget.maxUnavailable": (
        {},
        {"disruptionBudget": {"maxUnavailable": "5%"}},
        "maxUnavailable: 5%",
    ),
    "startSeconds": ({}, {"startSeconds": 1_801}, "failureThreshold: 361"),
    "topologySpread[].topologyKey": ({}, {"topologySpread": [TOPOLOGY]}, "topologyKey: rack"),
    "topologySpread[].maxSkew": ({}, {"topologySpread": [TOPOLOGY]}, "maxSkew: 2"),
    "topologySpread[].whenUnsatisfiable": (
        {},
        {"topologySpread": [TOPOLOGY]},
        "whenUnsatisfiable: DoNotSchedule",
    ),
    "nodeSelector.*": (GPU, {"nodeSelector": {"gpu": "h200"}}, "gpu: h200"),
    "tolerations": (GPU, {"tolerations": [{"key": "mine"}]}, "- key: mine"),
    "affinity": ({}, {"affinity": {"nodeAffinity": AFFINITY}}, "- fast"),
    "priorityClassName": ({}, {"priorityClassName": "high"}, "priorityClassName: high"),
    "runtimeClassName": ({}, {"runtimeClassName": "nvidia"}, "runtimeClassName: nvidia"),
    "podLabels.*": ({}, {"podLabels": {"team": "a"}}, "team: a"),
    "podAnnotations.*": ({}, {"podAnnotations": {"team": "a"}}, "team: a"),
}

MODEL = {"name": "m2m", "hub": "facebook/m2m100_418M"}
CLAIM = {"source": "claim", "list": [MODEL]}
FETCHED: dict[str, Any] = {"models": CLAIM}
OCI = {"models": {"source": "oci", "oci": {"reference": "registry.example.com/models:1"}}}
HYBRID = {"front": {"enabled": True}, "pools": {"gpu": GPU, "main": {"device": "cpu"}}}
INGRESS = {"ingress": {"enabled": True, "hosts": ["a.example"]}}
ROUTE = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}}
POLICY = {"networkPolicy": {"enabled": True}}
MONITOR = {"monitoring": {"kind": "serviceMonitor"}}
DIGEST = f"sha256:{'a' * 64}"
PEER = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
RULE = {"ports": [{"port": 5432}]}

CHART: dict[str, Case] = {
    "fullnameOverride": ({}, {"fullnameOverride": "blue"}, "name: blue-admin"),
    "image.cpu.repository": ({}, {"image": {"cpu": {"repository": "r/a"}}}, "image: r/a:"),
    "image.cpu.tag": ({}, {"image": {"cpu": {"tag": "9"}}}, "image: m2m-server:9"),
    "image.cpu.digest": ({}, {"image": {"cpu": {"digest": DIGEST}}}, f"m2m-server@{DIGEST}"),
    "image.gpu.repository": (HYBRID, {"image": {"gpu": {"repository": "r/a"}}}, "image: r/a:"),
    "image.gpu.tag": (HYBRID, {"image": {"gpu": {"tag": "9"}}}, "image: m2m-server-cuda:9"),
    "image.gpu.digest": (HYBRID, {"image": {"gpu": {"digest": DIGEST}}}, f"-cuda@{DIGEST}"),
    "image.pullPolicy": ({}, {"image": {"pullPolicy": "Always"}}, "imagePullPolicy: Always"),
    "image.pullSecrets": ({}, {"image": {"pullSecrets": ["mine"]}}, "- name: mine"),
    "serviceAccount.create": (
        {"serviceAccount": {"create": False, "name": "mine"}},
        {"serviceAccount": {"create": True}},
        "kind: ServiceAccount",
    ),
    "serviceAccount.name": ({}, {"serviceAccount": {"name": "m"}}, "serviceAccountName: m"),
    "serviceAccount.annotations.*": ({}, {"serviceAccount": {"annotations": {"a": "b"}}}, "a: b"),
    "settings.*": (
        {},
        {"settings": {"TRANSLATION_MAX_CHARACTERS": 2_000_000}},
        'TRANSLATION_MAX_CHARACTERS: "2000000"',
    ),
    "secretEnv.*.secret": (
        {"secretEnv": {"HF_TOKEN": {"secret": "hub", "key": "token"}}},
        {"secretEnv": {"HF_TOKEN": {"secret": "other"}}},
        "name: other",
    ),
    "secretEnv.*.key": (
        {"secretEnv": {"HF_TOKEN": {"secret": "hub", "key": "token"}}},
        {"secretEnv": {"HF_TOKEN": {"key": "other"}}},
        "key: other",
    ),
    "apiKeys.secret": ({}, {"apiKeys": {"secret": "keys"}}, "secretName: keys"),
    "apiKeys.key": (
        {"apiKeys": {"secret": "keys"}},
        {"apiKeys": {"key": "a.toml"}},
        "value: /etc/m2m-server/a.toml",
    ),
    "apiKeys.inDatabase": (
        {"database": {"secret": "pg"}},
        {"apiKeys": {"inDatabase": True}},
        "value: database",
    ),
    "database.secret": ({}, {"database": {"secret": "pg"}}, "name: TRANSLATION_DATABASE"),
    "database.key": ({"database": {"secret": "pg"}}, {"database": {"key": "dsn"}}, "key: dsn"),
    "models.source": ({}, {"models": {"source": "claim"}}, "claimName: m2m-server-models"),
    "models.list[].name": (
        {},
        {"models": {"list": [{"name": "a"}, {"name": "b"}]}},
        'TRANSLATION_MODEL: "a=/opt/models/a b=/opt/models/b"',
    ),
    "models.list[].hub": (
        FETCHED,
        {"models": {"list": [{"name": "m2m", "hub": "facebook/m2m100_1.2B"}]}},
        "- facebook/m2m100_1.2B",
    ),
    "models.list[].revision": (
        FETCHED,
        {"models": {"list": [MODEL | {"revision": "123"}]}},
        '- "123"',
    ),
    "models.claim.existing": (
        FETCHED,
        {"models": {"claim": {"existing": "mine"}}},
        "claimName: mine",
    ),
    "models.claim.storageClassName": (
        FETCHED,
        {"models": {"claim": {"storageClassName": "files"}}},
        "storageClassName: files",
    ),
    "models.claim.accessMode": (
        FETCHED,
        {"models": {"claim": {"accessMode": "ReadWriteOnce"}}},
        "- ReadWriteOnce",
    ),
    "models.claim.size": (FETCHED, {"models": {"claim": {"size": "1Ti"}}}, "storage: 1Ti"),
    "models.oci.reference": (
        OCI,
        {"models": {"oci": {"reference": "r/models:2"}}},
        "reference: r/models:2",
    ),
    "models.oci.pullPolicy": (
        OCI,
        {"models": {"oci": {"pullPolicy": "Never"}}},
        "pullPolicy: Never",
    ),
    "models.fetch.cpu": (FETCHED, {"models": {"fetch": {"cpu": "3"}}}, 'cpu: "3"'),
    "models.fetch.memory": (FETCHED, {"models": {"fetch": {"memory": "9Gi"}}}, "memory: 9Gi"),
    "models.fetch.scratch": (FETCHED, {"models": {"fetch": {"scratch": "9Gi"}}}, "sizeLimit: 9Gi"),
    "models.fetch.tokenSecret": (
        FETCHED,
        {"models": {"fetch": {"tokenSecret": "hub"}}},
        "name: HF_TOKEN",
    ),
    "models.fetch.tokenKey": (
        {"models": {**CLAIM, "fetch": {"tokenSecret": "hub"}}},
        {"models": {"fetch": {"tokenKey": "hf"}}},
        "key: hf",
    ),
    "models.fetch.nodeSelector.*": (
        FETCHED,
        {"models": {"fetch": {"nodeSelector": {"a": "b"}}}},
        "a: b",
    ),
    "models.fetch.tolerations": (
        FETCHED,
        {"models": {"fetch": {"tolerations": [{"key": "mine"}]}}},
        "- key: mine",
    ),
    "models.fetch.priorityClassName": (
        FETCHED,
        {"models": {"fetch": {"priorityClassName": "low"}}},
        "priorityClassName: low",
    ),
    "front.enabled": (
        {"pools": HYBRID["pools"]},
        {"front": {"enabled": True}},
        "app.kubernetes.io/name: m2m-front",
    ),
    "front.image.repository": (
        HYBRID,
        {"front": {"image": {"repository": "r/nginx"}}},
        "image: r/nginx:",
    ),
    "front.image.tag": (HYBRID, {"front": {"image": {"tag": "2"}}}, "unprivileged:2"),
    "front.image.digest": (
        HYBRID,
        {"front": {"image": {"digest": DIGEST}}},
        f"unprivileged@{DIGEST}",
    ),
    "front.replicas": (HYBRID, {"front": {"replicas": 3}}, "replicas: 3"),
    "front.cpu": (HYBRID, {"front": {"cpu": "2"}}, 'cpu: "2"'),
    "front.memory": (HYBRID, {"front": {"memory": "1Gi"}}, "memory: 1Gi"),
    "front.nodeSelector.*": (HYBRID, {"front": {"nodeSelector": {"a": "b"}}}, "a: b"),
    "front.tolerations": (HYBRID, {"front": {"tolerations": [{"key": "mine"}]}}, "- key: mine"),
    "front.priorityClassName": (
        HYBRID,
        {"front": {"priorityClassName": "high"}},
        "priorityClassName: high",
    ),
    "preStopSeconds": ({}, {"preStopSeconds": 20}, "terminationGracePeriodSeconds: 155"),
    "service.type": ({}, {"service": {"type": "NodePort"}}, "type: NodePort"),
    "service.annotations.*": ({}, {"service": {"annotations": {"a": "b"}}}, "a: b"),
    "ingress.enabled": ({"ingress": {"hosts": ["a"]}}, {"ingress": {"enabled": True}}, "Ingress"),
    "ingress.className": (INGRESS, {"ingress": {"className": "x"}}, "ingressClassName: x"),
    "ingress.annotations.*": (INGRESS, {"ingress": {"annotations": {"a": "b"}}}, "a: b"),
    "ingress.hosts": (INGRESS, {"ingress": {"hosts": ["b.example"]}}, 'host: "b.example"'),
    "ingress.tls[].hosts": (
        INGRESS,
        {"ingress": {"tls": [{"hosts": ["b.example"], "secretName": "tls"}]}},
        "- b.example",
    ),
    "ingress.tls[].secretName": (
        INGRESS,
        {"ingress": {"tls": [{"secretName": "tls"}]}},
        "secretName: tls",
    ),
    "httpRoute.enabled": (
        {"httpRoute": {"parentRefs": [{"name": "public"}]}},
        {"httpRoute": {"enabled": True}},
        "request: 140s",
    ),
    "httpRoute.parentRefs": (ROUTE, {"httpRoute": {"parentRefs": [{"name": "x"}]}}, "name: x"),
    "httpRoute.hostnames": (ROUTE, {"httpRoute": {"hostnames": ["b.example"]}}, "- b.example"),
    "httpRoute.cpuShare": ({**HYBRID, **ROUTE}, {"httpRoute": {"cpuShare": 3}}, "weight: 97"),
    "networkPolicy.enabled": ({}, POLICY, "name: m2m-server-deny-all"),
    "networkPolicy.clients": (POLICY, {"networkPolicy": {"clients": [PEER]}}, "team: a"),
    "networkPolicy.monitoringNamespace": (
        POLICY,
        {"networkPolicy": {"monitoringNamespace": "prometheus"}},
        "kubernetes.io/metadata.name: prometheus",
    ),
    "networkPolicy.egress": (POLICY, {"networkPolicy": {"egress": [RULE]}}, "port: 5432"),
    "networkPolicy.fetchEgress": (POLICY, {"networkPolicy": {"fetchEgress": [RULE]}}, "port: 5432"),
    "monitoring.kind": ({}, {"monitoring": {"kind": "podMonitor"}}, "kind: PodMonitor"),
    "monitoring.labels.*": (MONITOR, {"monitoring": {"labels": {"a": "b"}}}, "a: b"),
    "monitoring.interval": (MONITOR, {"monitoring": {"interval": "30s"}}, "interval: 30s"),
    "monitoring.scrapeTimeout": (
        MONITOR,
        {"monitoring": {"scrapeTimeout": "5s"}},
        "scrapeTimeout: 5s",
    ),
    "monitoring.alerts": (
        {"monitoring": {"kind": "podMonitor", "alerts": False}},
        {"monitoring": {"alerts": True}},
        "kind: PrometheusRule",
    ),
    "monitoring.prometheusUrl": (
        {"pools": {"main": {"autoscaling": {"kind": "keda"}}}},
        {"monitoring": {"prometheusUrl": "https://metrics.example"}},
        "serverAddress: https://metrics.example",
    ),
}
