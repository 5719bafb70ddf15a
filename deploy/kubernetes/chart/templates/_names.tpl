{{- define "assay.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}

{{- define "assay.selector" -}}
app.kubernetes.io/name: assay-admission
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "assay.labels" -}}
{{ include "assay.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: assay
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "assay.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end -}}
{{- end -}}

{{- define "assay.tlsSecret" -}}
{{ .Values.tls.secretName | default (printf "%s-tls" (include "assay.name" .)) }}
{{- end -}}

{{- define "assay.account" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "assay.name" . }}
{{- end -}}

{{/* Whether the API of the cluster is asked for anything; empty where it is not. */}}
{{- define "assay.inCluster" -}}
{{- $of := .Values.cluster -}}
{{- if or $of.lookUp $of.pullSecrets $of.policies $of.events (ne (toString $of.scan) "0") .Values.webhook.managed -}}
true
{{- end -}}
{{- end -}}

{{/* Where the authorities for caBundle are read from; empty where the controller has its own, or somebody fills them in. */}}
{{- define "assay.authorities" -}}
{{- if .Values.webhook.managed -}}
{{- if and (eq .Values.tls.from "secret") .Values.tls.caBundle -}}
/etc/assay/authorities/ca.crt
{{- else if ne .Values.tls.from "controller" -}}
/etc/assay/tls/ca.crt
{{- end -}}
{{- end -}}
{{- end -}}
