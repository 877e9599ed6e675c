# A reaper as a shell script: kubectl lists, psql judges, kubectl deletes. POSIX sh; knows Airflow 2.10 to 3.3.
#
# It is read by a shell that then calls main with the settings of one sweep; a variation defines one of the functions
# anew before that. It is told its world by KUBECONFIG, DATABASE_URL and KPO_CONFORMANCE_NAMESPACES.

set -eu
export PGOPTIONS='-c default_transaction_read_only=on -c statement_timeout=20s'

main() {
    settings "$@"
    KUBECACHEDIR=$(mktemp -d)
    export KUBECACHEDIR
    trap 'rm -rf "$KUBECACHEDIR"' EXIT
    PODS=$(pods)
    case $(ask 'SELECT version_num FROM alembic_version') in
    5f2621c13b39 | fe199e1abd77 | 509b94a1042d | 1d6611b6ab7c | d2f4e1b3c5a7) ;;
    *) refuse 1 'this is not the database of an Airflow that I know' ;;
    esac
    ZOMBIES=$(judged "$PODS")
    STATUS=0
    for NAMESPACE in $(namespaces); do
        NAMES=$(printf '%s\n' "$ZOMBIES" | sed -n "s,^$NAMESPACE/,,p")
        [ -z "$NAMES" ] || printf '%s\n' "$NAMES" | deleted "$NAMESPACE" || STATUS=1
    done
    exit "$STATUS"
}

refuse() {
    echo "kubectl-and-psql: $2" >&2
    exit "$1"
}

settings() {
    [ "$*" = --sql ] || refuse 2 "there is nothing to set, but was told: $*"
}

# One line for each pod that may be judged: where, since when and which it is, and its labels of identity, between bars.
pods() {
    for NAMESPACE in $(namespaces); do
        listed --namespace "$NAMESPACE"
    done
}

namespaces() {
    echo "$KPO_CONFORMANCE_NAMESPACES" | tr , ' '
}

listed() {
    kubectl get pods --selector "$(selector)" --output go-template --template "$(template)" "$@"
}

selector() {
    printf %s 'kubernetes_pod_operator=True,dag_id,task_id,run_id,try_number,already_checked!=True,'
    echo '!kubernetes_executor,!airflow-worker'
}

template() {
    cat <<'TEMPLATE'
{{range .items}}{{$m := .metadata}}{{$owned := false}}
{{- range $m.ownerReferences}}{{if .controller}}{{$owned = true}}{{end}}{{end}}
{{- if not (or $owned $m.deletionTimestamp)}}
{{- $m.namespace}}|{{$m.name}}|{{$m.labels.dag_id}}|{{$m.labels.task_id}}|{{$m.labels.run_id}}|{{$m.labels.try_number}}|
{{- $m.creationTimestamp}}|
{{- with $index := index $m.labels "map_index"}}{{$index}}{{else}}{{if eq $index nil}}-1{{end}}{{end}}{{"\n"}}
{{- end}}{{end -}}
TEMPLATE
}

# The zombies, the oldest first, by namespace and name.
judged() {
    question "$1" | ask
}

# The pods travel in the SQL as text: no label holds a bar, a dollar or the end of a line.
question() {
    cat <<SQL
WITH line AS (
    SELECT string_to_array(line, '|') AS part FROM string_to_table(\$pods\$$1\$pods\$, chr(10)) AS line WHERE line <> ''
), pod AS (
    SELECT part[1] || '/' || part[2] AS pod, part[3:5] || part[8] AS key, part[6]::integer AS try_number, part[7] AS since
    FROM line
    WHERE NOT '' = ANY (part) AND part[6] ~ '^[1-9][0-9]{0,5}\$' AND part[8] ~ '^(-1|0|[1-9][0-9]*)\$'
), instance AS (
    SELECT ARRAY[$(label dag_id), $(label task_id), $(label run_id), map_index::text]::text[] AS key, state, try_number
    FROM task_instance
)
SELECT pod.pod FROM pod $(joined) instance USING (key) GROUP BY pod.pod, pod.key, pod.try_number, pod.since
HAVING (($(over)) AND coalesce(min(instance.try_number), pod.try_number) >= pod.try_number) OR (
    count(*) = 1 AND min(state) IN ('running', 'deferred') AND pod.try_number < min(instance.try_number)
    AND EXISTS (
        SELECT FROM pod AS other WHERE other.key = pod.key AND other.try_number = min(instance.try_number)
    )
) ORDER BY pod.since, pod.pod
SQL
}

joined() {
    echo JOIN
}

over() {
    echo "bool_and(coalesce(state, '') IN ('success', 'failed', 'skipped', 'upstream_failed', 'removed'))"
}

# An id as its label has it.
label() {
    SAFE="regexp_replace($1, '^[^a-zA-Z0-9]+|[^a-zA-Z0-9_.-]', '', 'g')"
    SAFE="regexp_replace($SAFE, '[^a-zA-Z0-9]+\$', '')"
    echo "CASE WHEN $SAFE <> $1 OR length($1) > 63 THEN left($SAFE, 53) || '-' || left(md5($1), 9) ELSE $1 END"
}

ask() {
    psql "$DATABASE_URL" --no-psqlrc --no-align --tuples-only --quiet --set ON_ERROR_STOP=1 ${1:+--command "$1"}
}

# Told a namespace, and on standard input the names of zombies in it. Ten at a time: kubectl sends five requests a second
# once it has sent ten.
deleted() {
    xargs -n 10 kubectl delete pod --ignore-not-found --wait=false --namespace "$1"
}
