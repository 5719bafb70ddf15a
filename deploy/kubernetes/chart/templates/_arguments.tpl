{{/* What the controller is told about its cluster, an argument a line. */}}
{{- define "assay.clusterArguments" -}}
{{- $cluster := .Values.cluster -}}
{{- if include "assay.inCluster" . -}}
- --in-cluster
- --namespace={{ .Release.Namespace }}
- --instance={{ include "assay.name" . }}
{{- if $cluster.policies }}
- --policies-from-cluster
{{- end }}
- --background-scan={{ $cluster.scan }}
{{- if not $cluster.events }}
- --no-events
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (not .Values.database.secretName) }}
- --replicas
{{- end }}
{{- if .Values.webhook.managed }}
{{ include "assay.webhookArguments" . }}
{{- end }}
{{- end }}
{{- range .Values.enforce }}
- --enforce={{ . }}
{{- end }}
{{- end -}}

{{- define "assay.webhookArguments" -}}
{{- $webhook := .Values.webhook -}}
- --manage-webhooks
- --webhook-owner={{ include "assay.name" . }}
- --webhook-account={{ include "assay.account" . }}
- --webhook-failure-policy={{ $webhook.failurePolicy }}
- --webhook-timeout={{ $webhook.timeoutSeconds }}
{{- range $webhook.excludedNamespaces | default (list "") }}
- --webhook-exclude={{ . }}
{{- end }}
{{- range $name, $value := $webhook.namespaceLabels }}
- {{ printf "--webhook-namespace-label=%s=%s" $name $value | quote }}
{{- end }}
{{- range $webhook.matchConditions }}
- {{ printf "--webhook-condition=%s=%s" .name .expression | quote }}
{{- end }}
{{- with include "assay.authorities" . }}
- --webhook-ca={{ . }}
{{- end }}
{{- end -}}
