{{- /* What is wrong with the values, a sentence each, as a list in JSON. The sentences about settings are the programs' own,
with the values' names in them: files/values.json carries them here from src/pharia_access/settings. */ -}}

{{- define "pharia-access.complaints" -}}
{{- $known := .Files.Get "files/values.json" | fromJson }}
{{- $said := include "pharia-access.unknown" (dict "values" .Values "above" "" "known" $known) | fromJsonArray }}
{{- $unreadable := list }}
{{- range $path, $what := $known.values }}
{{- $value := dict "values" $.Values "path" $path }}
{{- $_ := include "pharia-access.find" $value }}
{{- if include "pharia-access.refused" (dict "value" $value.found "form" $what.form) }}
{{- $said = append $said (printf "%s must be %s" $path $what.mayBe) }}
{{- $unreadable = append $unreadable $path }}
{{- end }}
{{- end }}
{{- range $_, $rule := $known.rules }}
{{- /* Of what cannot be read nothing more is said; the other values may still not fit together. */}}
{{- $readable := true }}
{{- range compact (list (get $rule "field") (get $rule "bound") (get $rule "memory") (get $rule "passes")) }}
{{- $readable = and $readable (not (has . $unreadable)) }}
{{- end }}
{{- if and $readable (include "pharia-access.broken" (dict "values" $.Values "rule" $rule)) }}
{{- $said = append $said $rule.sentence }}
{{- end }}
{{- end }}
{{- toJson ($said | default list) }}
{{- end -}}

{{/* Keys that are no value's and lead to none. What a parent chart sets for all its charts is no business of ours. */}}
{{- define "pharia-access.unknown" -}}
{{- $said := list }}
{{- $there := get .known.keys .above }}
{{- /* Said once: who misplaces a whole section needs it for the first key only. */}}
{{- $advice := printf ": there are %s" ($there | sortAlpha | join ", ") }}
{{- range $key, $value := .values }}
{{- $path := print $.above $key }}
{{- $ours := has $key $there }}
{{- if or (kindIs "invalid" $value) (eq $path "enabled") (eq $.above "global.") (and $ours (hasKey $.known.values $path)) }}
{{- else if $ours }}
{{- $below := dict "values" $value "above" (print $path ".") "known" $.known }}
{{- $said = concat $said (include "pharia-access.unknown" $below | fromJsonArray) }}
{{- else if contains "." $key }}
{{- $said = append $said (printf "%s%q is no value of this chart: no key has a dot; write its words below each other" $.above $key) }}
{{- else }}
{{- $namesakes := include "pharia-access.namesakes" (dict "key" $key "values" $.known.values) }}
{{- $hint := $namesakes | empty | ternary $advice (printf ": did you mean %s?" $namesakes) }}
{{- $said = append $said (printf "%s is no value of this chart%s" $path $hint) }}
{{- $advice = $namesakes | empty | ternary "" $advice }}
{{- end }}
{{- end }}
{{- toJson $said }}
{{- end -}}

{{/* Values elsewhere whose last word is .key; other charts' replicaCount is replicas here. */}}
{{- define "pharia-access.namesakes" -}}
{{- $words := list .key (trimSuffix "Count" .key | printf "%ss") }}
{{- $found := list }}
{{- range $path, $_ := .values }}
{{- if has (splitList "." $path | last) $words }}
{{- $found = append $found $path }}
{{- end }}
{{- end }}
{{- join " or " $found }}
{{- end -}}

{{/* Whether .value is not as .form says: something or nothing. Types are the schema's matter. */}}
{{- define "pharia-access.refused" -}}
{{- $form := .form }}
{{- $kind := $form.kind }}
{{- if or (kindIs "slice" .value) (kindIs "map" .value) }}
{{- include "pharia-access.refusedMany" . }}
{{- else }}
{{- $text := include "pharia-access.text" .value }}
{{- if has $kind (list "text" "countOrShare") }}
{{- include "pharia-access.misfit" (dict "text" $text "pattern" $form.pattern "longest" ($form.longest | default 9)) }}
{{- else if has $kind (list "word" "choice") }}
{{- has (eq $kind "word" | ternary $text (lower $text)) $form.options | ternary "" "refused" }}
{{- else if eq $kind "flag" }}
{{- has $text (list "true" "false") | ternary "" "refused" }}
{{- else if eq $kind "number" }}
{{- regexMatch "^[0-9]{1,10}$" $text | ternary "" "refused" }}
{{- include "pharia-access.outOfBounds" (dict "number" (atoi $text) "form" $form) }}
{{- else if eq $kind "duration" }}
{{- include "pharia-access.misfit" (dict "text" $text "pattern" $form.pattern "longest" 64) }}
{{- $microseconds := include "pharia-access.microseconds" $text | atoi }}
{{- if or $microseconds (not $form.zero) }}
{{- include "pharia-access.outOfBounds" (dict "number" $microseconds "form" $form) }}
{{- end }}
{{- else if and (eq $kind "moment") $text }}
{{- include "pharia-access.misfit" (dict "text" $text "pattern" $form.pattern "longest" 64) }}
{{- $second := (toDate "2006-01-02T15:04:05Z07:00" $text).Unix }}
{{- include "pharia-access.outOfBounds" (dict "number" $second "form" $form) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The same of lists. */}}
{{- define "pharia-access.refusedMany" -}}
{{- $form := .form }}
{{- /* Helm's toYaml loses what holds a character that YAML does not take, and says nothing. */}}
{{- $arrived := toYaml (dict "value" .value) | printf "%s\n" | fromYaml }}
{{- eq (toJson $arrived) (toJson (dict "value" .value)) | ternary "" "refused" }}
{{- if hasKey $form "most" }}
{{- gt (len .value) (int $form.most) | ternary "refused" "" }}
{{- end }}
{{- if $form.once }}
{{- eq (len .value) (len (uniq .value)) | ternary "" "refused" }}
{{- end }}
{{- range .value }}
{{- if eq $form.kind "names" }}
{{- $name := . }}
{{- if kindIs "map" . }}
{{- $name = get . "name" }}
{{- end }}
{{- if or $name (not $form.skipEmpty) }}
{{- include "pharia-access.misfit" (dict "text" (toString $name) "pattern" $form.pattern "longest" 512) }}
{{- end }}
{{- else if eq $form.kind "numbers" }}
{{- include "pharia-access.outOfBounds" (dict "number" (int64 .) "form" $form) }}
{{- else if eq $form.kind "egress" }}
{{- or .ports .to | empty | ternary "refused" "" }}
{{- end }}
{{- end }}
{{- if eq $form.kind "numbers" }}
{{- empty .value | ternary "refused" "" }}
{{- else if has $form.kind (list "peers" "egress") }}
{{- include "pharia-access.hollow" .value }}
{{- end }}
{{- end -}}

{{- define "pharia-access.outOfBounds" -}}
{{- or (lt (int64 .number) (int64 .form.low)) (gt (int64 .number) (int64 .form.high)) | ternary "refused" "" }}
{{- end -}}

{{/* Whether .text is not of the form .pattern as a whole, or longer than so many characters. */}}
{{- define "pharia-access.misfit" -}}
{{- $fits := regexMatch (printf "^(?:%s)$" .pattern) .text }}
{{- and $fits (le (splitList "" .text | len) (int .longest)) | ternary "" "refused" }}
{{- end -}}

{{/* Whether there is a key without a value below, or a mapping without a key in a list: in a NetworkPolicy that means
everybody, or everything. An empty selector below a key is what somebody wrote, such as namespaceSelector: {}. */}}
{{- define "pharia-access.hollow" -}}
{{- if kindIs "invalid" . }}
{{- "refused" }}
{{- else if or (kindIs "map" .) (kindIs "slice" .) }}
{{- $listed := kindIs "slice" . }}
{{- range . }}
{{- and $listed (kindIs "map" .) (empty .) | ternary "refused" "" }}
{{- include "pharia-access.hollow" . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* How long a duration is, cut to microseconds; -1 where Go cannot read it: sprig leaves the date as it was. */}}
{{- define "pharia-access.microseconds" -}}
{{- $end := toDate "2006-01-02T15:04:05Z07:00" "1970-01-01T00:00:00Z" | dateModify . }}
{{- $long := regexMatch "(^[+]?|[a-zµμ])0*[1-9]" . }}
{{- and $long (eq $end.UnixNano 0) | ternary -1 $end.UnixMicro }}
{{- end -}}

{{/* Whether .rule between settings does not hold: something or nothing. */}}
{{- define "pharia-access.broken" -}}
{{- $rule := .rule }}
{{- $read := dict }}
{{- range $name := eq $rule.kind "noneOf" | ternary (list) (list "field" "bound" "memory" "passes") }}
{{- with get $rule $name }}
{{- $value := dict "values" $.values "path" . }}
{{- $_ := include "pharia-access.find" $value }}
{{- $text := include "pharia-access.text" $value.found }}
{{- $number := has $name (list "memory" "passes") | ternary $text (include "pharia-access.microseconds" $text) }}
{{- $_ := set $read $name (atoi $number | int64) }}
{{- end }}
{{- end }}
{{- if eq $rule.kind "noneOf" }}
{{- $value := dict "values" $.values "path" $rule.field }}
{{- $_ := include "pharia-access.find" $value }}
{{- $broken := "" }}
{{- range kindIs "slice" $value.found | ternary $value.found (list $value.found) }}
{{- $broken = has (include "pharia-access.text" . | lower) $rule.taken | ternary "broken" $broken }}
{{- end }}
{{- $broken }}
{{- else if eq $rule.kind "notMore" }}
{{- $field := mul $read.field (int64 $rule.tenths) }}
{{- $bound := mul $read.bound 10 }}
{{- or (gt $field $bound) (and $rule.strict (eq $field $bound)) | ternary "broken" "" }}
{{- else if eq $rule.kind "wholeSeconds" }}
{{- mod $read.field 1000000 | eq 0 | ternary "" "broken" }}
{{- else }}
{{- $reached := false }}
{{- range $rule.minimums }}
{{- $reached = or $reached (and (ge $read.memory (int64 .memory)) (ge $read.passes (int64 .passes))) }}
{{- end }}
{{- ternary "" "broken" $reached }}
{{- end }}
{{- end -}}
