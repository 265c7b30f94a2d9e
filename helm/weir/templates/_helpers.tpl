{{- define "weir.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 50 characters: Services and the StatefulSet's pods add to it. */}}
{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "weir.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "weir.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Names of what belongs to no namespace. */}}
{{- define "weir.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "weir.fullname" .) -}}
{{- end -}}

{{- define "weir.selectorLabels" -}}
app.kubernetes.io/name: {{ include "weir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "weir.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "weir.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "weir.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "weir.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "weir.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* "true" where there are several instances of equal configuration behind one Service. */}}
{{- define "weir.several" -}}
{{- if and (eq .Values.mode "statefulset") (gt (int .Values.replicas) 1) -}}true{{- end -}}
{{- end -}}

{{/* "true" where Weir asks the API server. */}}
{{- define "weir.asksKubernetes" -}}
{{- if ne (dig "kubernetes" "mode" "in-cluster" .Values.config) "disabled" -}}true{{- end -}}
{{- end -}}

{{/* "true" where Weir itself tells somebody of alerts. */}}
{{- define "weir.delivers" -}}
{{- $alerting := default dict .Values.config.alerting -}}
{{- if or $alerting.alertmanagers $alerting.webhooks -}}true{{- end -}}
{{- end -}}

{{/* "true" where the traffic rules are rendered. */}}
{{- define "weir.trafficRules" -}}
{{- if .Values.prometheusRule.enabled -}}
{{- if eq (toString .Values.prometheusRule.traffic) "auto" -}}
{{- if not (include "weir.delivers" .) -}}true{{- end -}}
{{- else if .Values.prometheusRule.traffic -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* What goes together, and what doesn't, beyond what values.schema.json can say. */}}
{{- define "weir.check" -}}
{{- if and (include "weir.trafficRules" .) (include "weir.delivers" .) -}}
{{- fail "prometheusRule.traffic is true, and config.alerting names receivers: everybody would be told twice. Take the receivers out, or set prometheusRule.traffic to auto or false." -}}
{{- end -}}
{{- if and (include "weir.several" .) (not (include "weir.trafficRules" .)) -}}
{{- fail (printf "replicas is %d: each replica sees only its share of the traffic, so alerts must come from Prometheus, which sees the sum. Set prometheusRule.enabled to true, and take the receivers out of config.alerting; or set replicas to 1." (int .Values.replicas)) -}}
{{- end -}}
{{- if and (eq .Values.mode "daemonset") (include "weir.delivers" .) -}}
{{- fail "mode is daemonset, and config.alerting names receivers: each pod sees only its node's traffic, so nobody would be told of spikes, of silence and of what is new. Alerts must come from Prometheus, which sees the sum: set prometheusRule.enabled to true, and take the receivers out." -}}
{{- end -}}
{{- if and (eq .Values.mode "daemonset") (gt (int .Values.replicas) 1) -}}
{{- fail "replicas belongs to mode statefulset: a DaemonSet has one pod on each node." -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "serviceMonitor.enabled and podMonitor.enabled: everything would be scraped twice. Choose one." -}}
{{- end -}}
{{- $names := list "http" "probes" -}}
{{- range concat .Values.flows.udp .Values.flows.tcp -}}
{{- if has .name $names -}}
{{- fail (printf "flows: two ports are called %s." .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $tcp := list (int .Values.service.port) -}}
{{- range .Values.flows.tcp -}}{{- $tcp = append $tcp (int .port) -}}{{- end -}}
{{- if has (int .Values.web.probePort) $tcp -}}
{{- fail "web.probePort is another port's, too." -}}
{{- end -}}
{{- end -}}

{{/*
How many samples a scrape may have: bytes, packets and records of each pair; of the rare families, which are there only where there are some, one of each for
a pair, but with drops, of which there are two for each reason, four for a pair, which is Weir's bound for all of them (rarePerPair of its Ledger); and 300,000
for what is there once for each exporter (1,024, some twenty families), interface (16,384, nine) and pair of nodes (65,536, two); twice as many with created_samples.
*/}}
{{- define "weir.sampleLimit" -}}
{{- if ne (toString .Values.serviceMonitor.sampleLimit) "auto" -}}
{{- int64 .Values.serviceMonitor.sampleLimit -}}
{{- else -}}
{{- $metrics := default dict .Values.config.metrics -}}
{{- $families := default (list "bytes" "packets" "drops") $metrics.families -}}
{{- $series := 0 -}}
{{- $rare := 0 -}}
{{- range $families -}}
{{- if has . (list "bytes" "packets" "records") -}}{{- $series = add $series 1 -}}{{- else -}}{{- $rare = add $rare 1 -}}{{- end -}}
{{- end -}}
{{- if has "drops" $families -}}{{- $rare = 4 -}}{{- end -}}
{{- $limit := add (mul (int64 (default 50000 $metrics.max_pairs)) (add $series $rare)) 300000 -}}
{{- if $metrics.created_samples -}}{{- $limit = mul $limit 2 -}}{{- end -}}
{{- $limit -}}
{{- end -}}
{{- end -}}
