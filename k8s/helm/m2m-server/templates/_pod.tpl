{{/* What every pod has: dict "root" $ "group" true; the group owns its volumes. */}}
{{- define "m2m-server.podBase" -}}
serviceAccountName: {{ include "m2m-server.serviceAccount" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  {{- if .group }}
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* Where pods go, if somewhere in particular: the values of what they belong to. */}}
{{- define "m2m-server.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "m2m-server.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: ["ALL"]
{{- end -}}

{{/* Equal spread of the pods of one revision: dict "spread" list "selector" text. */}}
{{- define "m2m-server.spread" -}}
{{- range .spread }}
- topologyKey: {{ .topologyKey }}
  maxSkew: {{ int64 .maxSkew }}
  whenUnsatisfiable: {{ .whenUnsatisfiable }}
  nodeAffinityPolicy: Honor
  nodeTaintsPolicy: Honor
  labelSelector:
    matchLabels: {{- $.selector | nindent 6 }}
  matchLabelKeys:
    - pod-template-hash
{{- end }}
{{- end -}}

{{/* The environment of a pool's server: dict "root" $ "pool" pool. */}}
{{- define "m2m-server.env" -}}
{{- range $name, $value := .pool.settings }}
- name: {{ $name }}
  value: {{ include "m2m-server.text" $value | quote }}
{{- end }}
{{- if and (eq .pool.device "cpu") (not (hasKey .pool.settings "TRANSLATION_THREADS")) }}
- name: TRANSLATION_THREADS  # without a limit, the pod sees every core of its node
  valueFrom:
    resourceFieldRef:
      resource: requests.cpu
{{- end }}
{{- if .root.Values.apiKeys.secret }}
- name: TRANSLATION_API_KEYS
  value: /etc/m2m-server/{{ .root.Values.apiKeys.key }}
{{- end }}
{{- if .root.Values.apiKeys.inDatabase }}
- name: TRANSLATION_API_KEYS
  value: database
{{- end }}
{{- with .root.Values.database }}
{{- if .secret }}
- name: TRANSLATION_DATABASE
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- if not (hasKey $.pool.settings "TRANSLATION_JOBS") }}
- name: TRANSLATION_JOBS
  value: "on"
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $from := .root.Values.secretEnv }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secret }}
      key: {{ $from.key }}
{{- end }}
{{- with .pool.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "m2m-server.resources" -}}
{{- $pool := .pool -}}
requests:
  cpu: {{ $pool.cpu | quote }}
  memory: {{ $pool.memory }}
  ephemeral-storage: {{ $pool.scratch.size }}
limits:  # no CPU limit: throttling makes latency worse and frees nothing
  memory: {{ $pool.memory }}
  ephemeral-storage: {{ $pool.scratch.limit }}
  {{- if and (eq $pool.device "gpu") (not $pool.gpus.deviceClass) }}
  {{ $pool.gpus.resource }}: {{ int64 $pool.gpus.count }}
  {{- end }}
{{- if and (eq $pool.device "gpu") $pool.gpus.deviceClass }}
claims:
  - name: gpus
{{- end }}
{{- end -}}

{{- define "m2m-server.probes" -}}
startupProbe:  # loading from a cold network disk, converting for the CPU
  httpGet:
    path: /health_check
    port: admin
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: {{ div (add (int64 .pool.startSeconds) 4) 5 }}
readinessProbe:
  httpGet:
    path: /health_check
    port: admin
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:  # of the process only: the pool restarts workers, not kubelet
  httpGet:
    path: /health_check/live
    port: admin
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}
