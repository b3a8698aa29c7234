{{/*
A pool's values as YAML, over those of allPools, over the defaults of its device:
dict "root" $ "name" "main".
*/}}
{{- define "m2m-server.pool" -}}
{{- $own := get .root.Values.pools .name | default dict -}}
{{- $all := .root.Values.allPools -}}
{{- $device := $own.device | default $all.device | default "cpu" -}}
{{- $gpus := dict "count" 1 -}}
{{- range $layer := list $all $own -}}
{{- if hasKey ($layer.gpus | default dict) "count" -}}
{{- $_ := set $gpus "count" (int64 $layer.gpus.count) -}}
{{- end -}}
{{- end -}}
{{- $defaults := include "m2m-server.defaults" (dict "device" $device "count" $gpus.count) -}}
{{- $pool := fromYaml $defaults -}}
{{- range $layer := list $all $own -}}
{{- include "m2m-server.overlay" (dict "into" $pool "from" $layer) -}}
{{- end -}}
{{- include "m2m-server.checkPool" (dict "root" .root "name" .name "pool" $pool "own" $own) -}}
{{- toYaml $pool -}}
{{- end -}}

{{/* Groups of values are filled in one by one; what a scheduler reads is replaced as a whole. */}}
{{- define "m2m-server.overlay" -}}
{{- $groups := list "gpus" "settings" "scratch" "strategy" "autoscaling" "disruptionBudget" -}}
{{- range $key, $value := .from -}}
{{- if has $key $groups -}}
{{- range $inner, $each := $value -}}
{{- $_ := set (get $.into $key) $inner $each -}}
{{- end -}}
{{- else -}}
{{- $_ := set $.into $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "m2m-server.defaults" -}}
{{- $count := .count -}}
device: {{ .device }}
scratch: {}
autoscaling: {}
disruptionBudget: {}
{{- if eq .device "gpu" }}
gpus: {count: {{ $count }}, resource: nvidia.com/gpu, deviceClass: "", selectors: []}
{{- /* one core for each worker, and for the front */}}
cpu: {{ ternary 4 (add 4 $count) (eq $count 1) | quote }}
memory: {{ max 12 (mul 8 $count) }}Gi
sharedMemory: 1Gi
settings:
  {{- /* by name: a pod that lost a GPU must not use the CPU */}}
  TRANSLATION_DEVICES: {{ include "m2m-server.devices" $count | quote }}
  CUDA_DEVICE_ORDER: PCI_BUS_ID
  TRANSLATION_MAX_QUEUED_TOKENS: {{ mul 200000 $count | quote }}
  TRANSLATION_HTTP_THREADS: {{ min 512 (mul 128 $count) | quote }}
queueTarget: {{ mul 20000 $count }}
{{- /* a full node has no free GPU for a new pod: the old pod has to stop first */}}
strategy: {maxSurge: 0, maxUnavailable: 1}
nodeSelector:
  nvidia.com/gpu.present: "true"  # set by NVIDIA's feature discovery
tolerations:
  - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
{{- else }}
gpus: {}
cpu: "4"
memory: 6Gi
sharedMemory: 256Mi
settings:
  TRANSLATION_DEVICES: cpu
  CUDA_VISIBLE_DEVICES: ""  # a node's default runtime may show GPUs to every pod
  TRANSLATION_MAX_QUEUED_TOKENS: "16000"
queueTarget: 1600
strategy: {maxSurge: 1, maxUnavailable: 0}
{{- end }}
{{- end -}}

{{/* cuda:0,cuda:1,… */}}
{{- define "m2m-server.devices" -}}
{{- $names := list -}}
{{- range $i := until (int .) -}}
{{- $names = append $names (printf "cuda:%d" $i) -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{- define "m2m-server.checkPool" -}}
{{- $where := printf "pools.%s" .name -}}
{{- $pool := .pool -}}
{{- if eq .name "front" -}}
{{- fail "pools.front: the name is taken by nginx; choose another one" -}}
{{- end -}}
{{- if eq $pool.device "gpu" -}}
{{- if and (contains "/mig-" $pool.gpus.resource) (gt (int64 $pool.gpus.count) 1) -}}
{{- fail (printf "%s.gpus.count: a process sees one slice of a GPU, even if it gets several; use 1, and more replicas" $where) -}}
{{- end -}}
{{- else -}}
{{- if $.own.gpus -}}
{{- fail (printf "%s.gpus: the pool has the device cpu" $where) -}}
{{- end -}}
{{- if $.own.writableRoot -}}
{{- fail (printf "%s.writableRoot: only the container toolkit of GPU nodes may need it" $where) -}}
{{- end -}}
{{- end -}}
{{- $scaling := $pool.autoscaling -}}
{{- if gt (int64 $scaling.minReplicas) (int64 $scaling.maxReplicas) -}}
{{- fail (printf "%s.autoscaling: minReplicas is greater than maxReplicas" $where) -}}
{{- end -}}
{{- if and (ne $scaling.kind "none") (eq (int64 $scaling.minReplicas) 0) -}}
{{- if ne $scaling.kind "keda" -}}
{{- fail (printf "%s.autoscaling.minReplicas: only keda scales to zero" $where) -}}
{{- end -}}
{{- if not $scaling.wakePool -}}
{{- fail (printf "%s.autoscaling.wakePool: a pool without pods reports no queue; name the pool whose queue wakes this one" $where) -}}
{{- end -}}
{{- end -}}
{{- with $scaling.wakePool -}}
{{- if or (eq . $.name) (not (hasKey $.root.Values.pools .)) -}}
{{- fail (printf "%s.autoscaling.wakePool: there is no other pool %s" $where .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name of a pool's objects: dict "root" $ "name" "main". */}}
{{- define "m2m-server.poolName" -}}
{{- $base := include "m2m-server.fullname" .root -}}
{{- if eq .name "main" -}}{{ $base }}{{- else -}}{{ $base }}-{{ .name }}{{- end -}}
{{- end -}}

{{- define "m2m-server.poolSelector" -}}
{{ include "m2m-server.selector" (dict "root" .root "name" "m2m-server") }}
m2m-server/pool: {{ .name }}
{{- end -}}

{{/* The image of jobs and tests: that of the CPU pools, or of the GPU pools where there are no others. */}}
{{- define "m2m-server.toolImage" -}}
{{- $device := "gpu" -}}
{{- range $name, $_ := .Values.pools -}}
{{- if eq (include "m2m-server.pool" (dict "root" $ "name" $name) | fromYaml).device "cpu" -}}
{{- $device = "cpu" -}}
{{- end -}}
{{- end -}}
{{- include "m2m-server.image" (dict "root" . "image" (get .Values.image $device)) -}}
{{- end -}}
