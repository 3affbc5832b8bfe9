{{- define "annex.name" -}}
{{- if contains "annex" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-annex" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "annex.selector" -}}
app.kubernetes.io/name: annex
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "annex.labels" -}}
{{ include "annex.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "annex.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* Settings that are no secret, and what the isolation asks for. */}}
{{- define "annex.environment" -}}
- name: NODE_ENV
  value: production
- name: ANNEX_DATA_DIR
  value: /data
- name: ANNEX_METRICS_PORT
  value: "9464"
- name: ANNEX_SANDBOX_REQUIRE
  value: {{ .Values.requireTier | default (ternary "T3" "T1" (eq .Values.isolation "full")) }}
{{- range $name, $value := .Values.settings }}
{{- if ne (toString $value) "" }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* docs/sandbox.md says what each capability builds. */}}
{{- define "annex.security" -}}
{{- if eq .Values.isolation "full" -}}
runAsUser: 0
allowPrivilegeEscalation: true
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add: [SETUID, SETGID, KILL, SYS_ADMIN, CHOWN, DAC_OVERRIDE]
{{- else -}}
runAsUser: 10001
runAsGroup: 10001
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "annex.mounts" -}}
- name: data
  mountPath: /data
- name: tmp
  mountPath: /tmp
- name: staged
  mountPath: /var/lib/annex
{{- range .Values.files }}
- name: {{ printf "file-%s" .name }}
  mountPath: {{ .mountPath }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "annex.volumes" -}}
- name: data
  emptyDir: {}
- name: tmp
  emptyDir: {}
- name: staged
  emptyDir: {}
{{- range .Values.files }}
- name: {{ printf "file-%s" .name }}
  {{- if .secretName }}
  secret:
    secretName: {{ .secretName }}
  {{- else }}
  configMap:
    name: {{ .configMapName }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The pod of one role: `role`, `values` of the role, and the `root` context. */}}
{{- define "annex.pod" -}}
metadata:
  labels:
    {{- include "annex.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
spec:
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  automountServiceAccountToken: false
  {{- if eq .root.Values.isolation "restricted" }}
  securityContext:
    fsGroup: 10001
  {{- end }}
  # Annex ends what it runs, or hands it back, within 25 s; before that balancers have 3 s to go elsewhere.
  terminationGracePeriodSeconds: 40
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "annex.selector" .root | nindent 10 }}
          app.kubernetes.io/component: {{ .role }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: annex
      image: {{ include "annex.image" .root | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      env:
        - name: ANNEX_ROLE
          value: {{ .role }}
        {{- include "annex.environment" .root | nindent 8 }}
      envFrom:
        - secretRef:
            name: {{ .root.Values.existingSecret }}
      ports:
        {{- if eq .role "api" }}
        - name: http
          containerPort: 3000
        {{- end }}
        - name: metrics
          containerPort: 9464
      # Migrations may take a while in the first pod of a release.
      startupProbe:
        httpGet: { path: /healthz, port: metrics }
        periodSeconds: 3
        failureThreshold: 100
      livenessProbe:
        httpGet: { path: /healthz, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 3
        timeoutSeconds: 5
        failureThreshold: 2
      securityContext:
        {{- include "annex.security" .root | nindent 8 }}
      resources:
        {{- toYaml .values.resources | nindent 8 }}
      volumeMounts:
        {{- include "annex.mounts" .root | nindent 8 }}
  volumes:
    {{- include "annex.volumes" .root | nindent 4 }}
{{- end -}}
