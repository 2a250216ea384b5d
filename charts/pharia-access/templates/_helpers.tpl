{{/* The prefix of every name. At most 54 characters, so that what is appended still fits into 63. */}}
{{- define "pharia-access.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $default := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- regexReplaceAll "-+$" (default $default .Values.fullnameOverride | trunc 54) "" -}}
{{- end -}}

{{- define "pharia-access.operator" -}}
{{ include "pharia-access.fullname" . }}-operator
{{- end -}}

{{- define "pharia-access.verifier" -}}
{{ include "pharia-access.fullname" . }}-verifier
{{- end -}}

{{- define "pharia-access.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "pharia-access.operatorLabels" -}}
{{ include "pharia-access.labels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "pharia-access.verifierLabels" -}}
{{ include "pharia-access.labels" . }}
app.kubernetes.io/component: verifier
{{- end -}}

{{- define "pharia-access.operatorSelector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "pharia-access.verifierSelector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: verifier
{{- end -}}

{{/* Labels that were asked for beside ours, which decide. */}}
{{- define "pharia-access.labelled" -}}
{{ merge (fromYaml .ours) .more | toYaml }}
{{- end -}}

{{/* A Role in .namespace, or a ClusterRole where that is empty, and its binding to the ServiceAccount .account. */}}
{{- define "pharia-access.grant" -}}
{{- $kind := ternary "ClusterRole" "Role" (empty .namespace) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- .labels | nindent 4 }}
rules:
  {{- .rules | trim | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- .labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ .name | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ .account | quote }}
    namespace: {{ .home | quote }}
{{- end -}}

{{/* Which of watchNamespaces do not exist, or are on their way out: nothing can be created there, and Helm would fail for the
rest too. As a list in JSON, empty where no cluster can be asked (helm template, Argo CD). The release's own namespace,
and one among extraObjects, may be created after this was rendered. */}}
{{- define "pharia-access.missingNamespaces" -}}
{{- $missing := list }}
{{- if and .Values.watchNamespaces (lookup "v1" "Namespace" "" "kube-system") }}
{{- $made := list .Release.Namespace }}
{{- range .Values.extraObjects }}
{{- range regexSplit "(?m)^---" (tpl (kindIs "string" . | ternary . (toYaml .)) $) -1 }}
{{- $object := fromYaml . }}
{{- if eq (toString (get $object "kind")) "Namespace" }}
{{- $made = append $made (dig "metadata" "name" "" $object) }}
{{- end }}
{{- end }}
{{- end }}
{{- range .Values.watchNamespaces }}
{{- $found := lookup "v1" "Namespace" "" . }}
{{- if and (not (has . $made)) (or (not $found) (dig "metadata" "deletionTimestamp" "" $found)) }}
{{- $missing = append $missing . }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $missing }}
{{- end -}}

{{/* Where the pods of a component may run: .values are the component's, .selector its pods' labels. */}}
{{- define "pharia-access.placement" -}}
{{- $selector := dict "matchLabels" (fromYaml .selector) }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{ hasKey . "labelSelector" | ternary . (set (deepCopy .) "labelSelector" $selector) | toYaml | indent 4 | trim }}
  {{- end }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Secrets to pull images with, as a pod wants them. A parent chart may give names or objects. */}}
{{- define "pharia-access.pullSecrets" -}}
{{- $names := list }}
{{- range concat .Values.global.imagePullSecrets .Values.imagePullSecrets }}
{{- $name := . }}
{{- if kindIs "map" . }}
{{- $name = get . "name" }}
{{- end }}
{{- $names = append $names $name }}
{{- end }}
{{- with uniq $names }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The ServiceAccount's token, for an hour at a time, where every client looks for it. */}}
{{- define "pharia-access.tokenVolume" -}}
- name: api-access
  projected:
    defaultMode: 0444
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
{{- end -}}

{{- define "pharia-access.tokenMount" -}}
- name: api-access
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end -}}

{{/* The Secret to serve checks with; empty for plain HTTP. */}}
{{- define "pharia-access.tlsSecret" -}}
{{- with .Values.verifier.tls -}}
{{ .certificate.enabled | ternary (printf "%s-tls" (include "pharia-access.verifier" $)) .secretName }}
{{- end -}}
{{- end -}}

{{/* Where the Service tells whose token it is. */}}
{{- define "pharia-access.whoami" -}}
{{- $scheme := include "pharia-access.tlsSecret" . | empty | ternary "http" "https" -}}
{{ $scheme }}://{{ include "pharia-access.verifier" . }}.{{ .Release.Namespace }}.svc/whoami
{{- end -}}

{{/* Whether to render an object of the Prometheus operator: "true" or nothing. */}}
{{- define "pharia-access.rendersMonitoring" -}}
{{- $known := .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) -}}
{{- if or (eq .render "always") (and $known (eq .render "ifKnown")) -}}true{{- end -}}
{{- end -}}

{{/* What the kubelet asks on the health port. */}}
{{- define "pharia-access.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{/* "true" if the image's name begins with no registry: nobody publishes such an image. */}}
{{- define "pharia-access.imageLacksRegistry" -}}
{{- $named := regexMatch "^(localhost|[^/]*[.:][^/]*)/" .Values.image.repository -}}
{{- if not (or .Values.global.imageRegistry .Values.image.registry $named) }}true{{ end -}}
{{- end -}}

{{- define "pharia-access.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry -}}
{{- with .Values.image -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}
