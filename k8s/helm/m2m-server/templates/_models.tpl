{{/* The folder that the folders of the models are in. */}}
{{- define "m2m-server.modelRoot" -}}
{{- if eq .Values.models.source "image" -}}/opt/models{{- else -}}/models{{- end -}}
{{- end -}}

{{/* TRANSLATION_MODEL: one folder, or NAME=FOLDER for each of several. */}}
{{- define "m2m-server.model" -}}
{{- $root := include "m2m-server.modelRoot" . -}}
{{- range $i, $model := .Values.models.list -}}
{{- if and $model.hub (ne $.Values.models.source "claim") -}}
{{- fail (printf "models.list[%d].hub: only with models.source \"claim\" is a model fetched" $i) -}}
{{- end -}}
{{- end -}}
{{- if eq (len .Values.models.list) 1 -}}
{{ $root }}/{{ (first .Values.models.list).name }}
{{- else -}}
{{- $named := list -}}
{{- range .Values.models.list -}}
{{- $named = append $named (printf "%s=%s/%s" .name $root .name) -}}
{{- end -}}
{{- join " " $named -}}
{{- end -}}
{{- end -}}

{{- define "m2m-server.claim" -}}
{{- .Values.models.claim.existing | default (printf "%s-models" (include "m2m-server.fullname" .)) -}}
{{- end -}}

{{/* The volume that the models are on, if they are on one. */}}
{{- define "m2m-server.modelVolume" -}}
{{- if eq .Values.models.source "claim" }}
- name: models
  persistentVolumeClaim:
    claimName: {{ include "m2m-server.claim" . }}
{{- else if eq .Values.models.source "oci" }}
- name: models
  image:
    reference: {{ required "models.oci.reference: name the image that has the models" .Values.models.oci.reference }}
    pullPolicy: {{ .Values.models.oci.pullPolicy }}
{{- end }}
{{- end -}}

{{/* The folder appears once it is complete. A waiting pod shows Init:0/1, not a crash loop. */}}
{{- define "m2m-server.waitForModels" -}}
{{- $tests := list -}}
{{- range .root.Values.models.list -}}
{{- $tests = append $tests (printf "test -d /models/%s" .name) -}}
{{- end -}}
- name: wait-for-model
  image: {{ .image }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: ["sh", "-c", "until {{ join " && " $tests }}; do sleep 2; done"]
  resources:
    requests:
      cpu: 10m
      memory: 32Mi
    limits:
      memory: 32Mi
  securityContext: {{- include "m2m-server.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - name: models
      mountPath: /models
      readOnly: true
{{- end -}}
