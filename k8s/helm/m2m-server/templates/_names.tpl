{{/* The name that all objects begin with. */}}
{{- define "m2m-server.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "m2m-server.serviceAccount" -}}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "serviceAccount.name: without serviceAccount.create, name an existing account" -}}
{{- end -}}
{{- .Values.serviceAccount.name | default (include "m2m-server.fullname" .) -}}
{{- end -}}

{{/* The labels of every object without those of a selector. */}}
{{- define "m2m-server.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
{{ include "m2m-server.otherLabels" . }}
{{- end -}}

{{/* The labels of an object that has those of a selector. */}}
{{- define "m2m-server.otherLabels" -}}
app.kubernetes.io/part-of: m2m-server
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* What selects the pods of a part: dict "root" $ "name" "m2m-server". */}}
{{- define "m2m-server.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* An image by its digest, else by its tag: dict "root" $ "image" .Values.image.cpu. */}}
{{- define "m2m-server.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A whole number as Helm may have read it: 1600000 comes as 1.6e+06. */}}
{{- define "m2m-server.text" -}}
{{- if kindIs "float64" . -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* The longest a request or the drain may last, in whole seconds. */}}
{{- define "m2m-server.longest" -}}
{{- $drain := .Values.settings.TRANSLATION_DRAIN_TIMEOUT | default 30 | float64 -}}
{{- $request := .Values.settings.TRANSLATION_MAX_TIMEOUT | default 600 | float64 -}}
{{- maxf $drain $request | ceil | int64 -}}
{{- end -}}
