"""A reaper as a shell script, kubectl_and_psql.sh beside this file, and scripts that go wrong in one function.

Nothing of PlainReaper decides here, and nothing of it is Python: a check that the suite runs what is not.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import ClassVar

from kpo_scenarios.known_bad.registry import Family, KnownBad, known_bad
from kpo_suite.subjects.reaper_file import Claims, Rule, Run

SCRIPT = Path(__file__).with_name("kubectl_and_psql.sh")


def script(bad: KnownBad) -> list[str]:
    """The arguments of ``sh``: the script with the variation's own functions, and the name by which it goes."""
    return ["-c", f'. {shlex.quote(str(SCRIPT))}\n{bad.reaper.anew}\nmain "$@"', bad.name]


@known_bad(fails="DELETE-RESOURCE-VERSION", because="carries no resourceVersion")
class KubectlAndPsql:
    """Deletes by kubectl delete, which knows no preconditions, what psql judged of the pods that kubectl listed."""

    family: ClassVar = Family(
        run=Run(
            adapter="command",
            argv=["sh"],
            timeout=30.0,
            options={"sql": ["--sql"]},
            invalid=[["--budget=0"], ["--minimum-age=-1"], ["--no-such-setting"]],
        ),
        claims=Claims(
            features=["multi-namespace", "sql-source"],
            airflow=["2.10", "2.11", "3.0", "3.1", "3.2", "3.3"],
            terminal_age=0,
            rules=[Rule(api_groups=[""], resources=["pods"], verbs=["list", "delete"])],
        ),
        needs=("kubectl", "psql"),
        argv=script,
    )
    anew: ClassVar = ""
    """Functions of the script, defined anew."""


@known_bad(fails="DELETE-KEEPS-FINALIZERS", because="finalizer")
class KubectlThatPatches(KubectlAndPsql):
    """Takes the finalizers off a pod, so that kubectl delete does not wait for ever."""

    anew: ClassVar = """deleted() {
        while read -r NAME; do
            kubectl patch pod --namespace "$1" "$NAME" --type merge --patch '{"metadata": {"finalizers": null}}'
            kubectl delete pod --namespace "$1" "$NAME" --wait=false
        done
    }"""


@known_bad(fails="DELETE-GRACEFULLY", because="with 0 s of grace")
class KubectlForce(KubectlAndPsql):
    """Deletes with kubectl delete --force, as the first answer on every forum says."""

    anew: ClassVar = (
        'deleted() { xargs -n 10 kubectl delete pod --force --grace-period=0 --wait=false --namespace "$1"; }'
    )


@known_bad(fails="REAP-EVERY-NAMESPACE", because="was still there")
class KubectlInOneNamespace(KubectlAndPsql):
    """Takes a list of namespaces and goes to the first."""

    anew: ClassVar = 'namespaces() { echo "${KPO_CONFORMANCE_NAMESPACES%%,*}"; }'


@known_bad(fails="REAP-TERMINAL-PHASE", because="was still there")
class KubectlOfRunningPods(KubectlAndPsql):
    """Leaves out with a field selector what has ended, though it is never swept up."""

    anew: ClassVar = """pods() {
        for NAMESPACE in $(namespaces); do
            listed --namespace "$NAMESPACE" --field-selector status.phase!=Succeeded,status.phase!=Failed
        done
    }"""


@known_bad(fails="REAP-NO-STARVATION", because="an older zombie cannot go", timeout=4.0)
class KubectlThatWaits(KubectlAndPsql):
    """Forgets --wait=false, so that kubectl delete waits for a pod that never goes."""

    anew: ClassVar = 'deleted() { xargs -n 1 kubectl delete pod --namespace "$1"; }'


@known_bad(fails="KEEP-FOREIGN-DEPLOYMENT", because="another|other")
class PsqlWithLeftJoin(KubectlAndPsql):
    """Joins pods to task instances with LEFT JOIN and finds no unfinished one for those of another Airflow."""

    anew: ClassVar = """
        joined() { echo LEFT JOIN; }
        over() { echo "count(*) FILTER (WHERE state NOT IN ('success', 'failed', 'skipped', 'removed')) = 0"; }
    """


@known_bad(fails="KEEP-UNKNOWN-STATE", because="its task is in a state")
class PsqlWithNotIn(KubectlAndPsql):
    """Counts the states in which a task is alive, and takes any other for its end."""

    anew: ClassVar = """over() {
        echo "bool_and(coalesce(state, 'queued') NOT IN ('running', 'queued', 'scheduled', 'deferred', 'restarting',"
        echo "'up_for_retry', 'up_for_reschedule', 'awaiting_input'))"
    }"""


@known_bad(fails="BOUND-CONFIG", because="exit code 0")
class ShellThatTakesAnything(KubectlAndPsql):
    """Ignores every argument that it does not know."""

    anew: ClassVar = "settings() { :; }"


@known_bad(fails="TELL-NO-SECRETS", because="printed a password or a token on its standard error")
class ShellThatTraces(KubectlAndPsql):
    """Was debugged with set -x, which shows every command with its arguments, and has kept it."""

    anew: ClassVar = "set -x"


@known_bad(fails="SOURCE-READ-ONLY", because="LOCK TABLE")
class PsqlThatLocks(KubectlAndPsql):
    """Locks task_instance before it asks, so that nothing changes while it judges."""

    anew: ClassVar = """judged() {
        { echo 'BEGIN; LOCK TABLE task_instance IN SHARE MODE;'; question "$1"; echo '; COMMIT'; } | ask
    }"""
