{{- /* What files/values.json knows of the values, read and applied. It is made by tools/chart_values.py. */ -}}

{{/* Fills in defaults where a key stands without a value: Helm drops such a key, its default included, before it asks the
schema, and with --reuse-values it has no defaults of this chart's at all. Below a value that is Kubernetes' own nothing is
filled in: a null there takes something away. Every template begins with this, since nobody says which one Helm renders
first. */}}
{{- define "pharia-access.values" -}}
{{- range $path, $known := (.Files.Get "files/values.json" | fromJson).values }}
{{- $keys := splitList "." $path }}
{{- $below := $.Values }}
{{- range initial $keys }}
{{- if not (kindIs "map" (index $below .)) }}
{{- $_ := set $below . dict }}
{{- end }}
{{- $below = index $below . }}
{{- end }}
{{- if kindIs "invalid" (index $below (last $keys)) }}
{{- $_ := set $below (last $keys) $known.default }}
{{- end }}
{{- include "pharia-access.withoutNulls" (index $below (last $keys)) }}
{{- end }}
{{- end -}}

{{/* Takes keys without a value out of a mapping, at every depth: Helm leaves those there that have no default. Kubernetes
would read some as a value, such as a limit of 0. Lists stay as they are: below a NetworkPolicy a null is refused. */}}
{{- define "pharia-access.withoutNulls" -}}
{{- if kindIs "map" . }}
{{- range $key, $value := . }}
{{- if kindIs "invalid" $value }}
{{- $_ := unset $ $key }}
{{- else }}
{{- include "pharia-access.withoutNulls" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Looks the value at .path up in .values, and leaves it as .found. */}}
{{- define "pharia-access.find" -}}
{{- $found := .values }}
{{- range splitList "." .path }}
{{- $found = index $found . }}
{{- end }}
{{- $_ := set . "found" $found }}
{{- end -}}

{{/* A whole number. A values file makes a float of it, which from a million on would be written as 1e+06. */}}
{{- define "pharia-access.number" -}}
{{ int64 . }}
{{- end -}}

{{/* What a program finds in its environment. */}}
{{- define "pharia-access.text" -}}
{{- if kindIs "slice" . -}}
{{ join "," . }}
{{- else if has (kindOf .) (list "float64" "int64" "int") -}}
{{ include "pharia-access.number" . }}
{{- else -}}
{{ toString . }}
{{- end -}}
{{- end -}}

{{/* Settings as environment variables: camelCase becomes PHARIA_ACCESS_SNAKE_CASE. */}}
{{- define "pharia-access.environment" -}}
{{- range $key, $value := . }}
- name: PHARIA_ACCESS_{{ $key | snakecase | upper }}
  value: {{ include "pharia-access.text" $value | quote }}
{{- end }}
{{- end -}}
