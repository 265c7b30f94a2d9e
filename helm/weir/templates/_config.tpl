{{/* weir.yaml: what values.config says, and what the chart knows better. */}}
{{- define "weir.config" -}}
{{- $listen := list -}}
{{- range .Values.flows.udp -}}{{- $listen = append $listen (printf ":%d" (int .port)) -}}{{- end -}}
{{- $listenTCP := list -}}
{{- range .Values.flows.tcp -}}{{- $listenTCP = append $listenTCP (printf ":%d" (int .port)) -}}{{- end -}}
{{- $web := dict "listen" (printf ":%d" (int .Values.service.port)) "probe_listen" (printf ":%d" (int .Values.web.probePort)) -}}
{{- if .Values.web.existingSecret -}}
{{- $_ := set $web "config_file" "/etc/weir/web/web.yml" -}}
{{- end -}}
{{- $chart := dict "listen" $listen "listen_tcp" $listenTCP "web" $web "state" (dict "directory" "/var/lib/weir") -}}
{{- if eq .Values.mode "daemonset" -}}
{{- $_ := set $chart "collector" (dict "scope" "node") -}}
{{- end -}}
{{- $defaults := dict "kubernetes" (dict "mode" "in-cluster") -}}
{{- if include "weir.several" . -}}
{{- $_ := set $defaults "detection" (dict "scope" "part") -}}
{{- end -}}
{{- toYaml (mergeOverwrite $defaults (deepCopy .Values.config) $chart) -}}
{{- end -}}
