{{/* The template of a pod, which both modes have. */}}
{{- define "weir.pod" -}}
metadata:
  labels:
    {{- include "weir.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "weir.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "weir.serviceAccountName" . }}
  automountServiceAccountToken: {{ eq (include "weir.asksKubernetes" .) "true" }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ int .Values.terminationGracePeriodSeconds }}
  containers:
    - name: weir
      image: {{ include "weir.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - serve
        - --config=/etc/weir/weir.yaml
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if or (eq .Values.mode "daemonset") .Values.extraEnv }}
      env:
        {{- if eq .Values.mode "daemonset" }}
        - name: NODE_NAME
          valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      ports:
        - { name: http, containerPort: {{ int .Values.service.port }}, protocol: TCP }
        - { name: probes, containerPort: {{ int .Values.web.probePort }}, protocol: TCP }
        {{- range .Values.flows.udp }}
        - name: {{ .name }}
          containerPort: {{ int .port }}
          protocol: UDP
          {{- if and (eq $.Values.mode "daemonset") $.Values.flows.hostPort }}
          hostPort: {{ int .port }}
          {{- end }}
        {{- end }}
        {{- range .Values.flows.tcp }}
        - name: {{ .name }}
          containerPort: {{ int .port }}
          protocol: TCP
          {{- if and (eq $.Values.mode "daemonset") $.Values.flows.hostPort }}
          hostPort: {{ int .port }}
          {{- end }}
        {{- end }}
      livenessProbe:
        httpGet: { path: /-/healthy, port: probes }
        {{- toYaml .Values.livenessProbe | nindent 8 }}
      readinessProbe:
        httpGet: { path: /-/ready, port: probes }
        {{- toYaml .Values.readinessProbe | nindent 8 }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - { name: config, mountPath: /etc/weir/weir.yaml, subPath: weir.yaml, readOnly: true }
        - { name: state, mountPath: /var/lib/weir }
        {{- if .Values.web.existingSecret }}
        - { name: web, mountPath: /etc/weir/web, readOnly: true }
        {{- end }}
        {{- range .Values.secrets }}
        - { name: {{ printf "secret-%s" .name | replace "." "-" | trunc 63 | trimSuffix "-" }}, mountPath: {{ printf "/etc/weir/secrets/%s" .name }}, readOnly: true }
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ include "weir.fullname" . }} }
    {{- if not (and (eq .Values.mode "statefulset") .Values.persistence.enabled) }}
    - name: state
      emptyDir: {}
    {{- end }}
    {{- with .Values.web.existingSecret }}
    - name: web
      secret: { secretName: {{ . }} }
    {{- end }}
    {{- range .Values.secrets }}
    - name: {{ printf "secret-%s" .name | replace "." "-" | trunc 63 | trimSuffix "-" }}
      secret: { secretName: {{ .name }} }
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range .Values.topologySpreadConstraints }}
    - {{- toYaml (merge (deepCopy .) (dict "labelSelector" (dict "matchLabels" (include "weir.selectorLabels" $ | fromYaml)))) | nindent 6 }}
    {{- end }}
  {{- else if include "weir.several" . }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "weir.selectorLabels" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
