"""The daemon adapter with real processes at a real gateway: where a pass begins and ends, signals, replicas, ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sweeps import CHILD, DEADLINE, SQL, await_gone

from kpo_fixtures.clusters.backends import cluster_named
from kpo_fixtures.faults import Barrier, Timeline
from kpo_fixtures.gateways.http import HttpGateway
from kpo_suite.subjects import Outcome, ReaperFile
from kpo_suite.subjects.daemon import DaemonSubject
from kpo_suite.subjects.reaper_file import Accounting, Claims, Identity, Run

DAEMON = """
import json, os, signal, ssl, sys, time, urllib.request, yaml
from base64 import b64decode
config = yaml.safe_load(open(os.environ["KUBECONFIG"]))
cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
def get(path):
    headers = {"Authorization": "Bearer " + user["token"]}
    request = urllib.request.Request(cluster["server"] + path, headers=headers)
    return json.load(urllib.request.urlopen(request, context=context, timeout=20))
def pods(where):
    get(f"/api/v1/namespaces/{where}/pods?limit=500")
def say(**told):
    print(json.dumps(told), flush=True)
interval = float(sys.argv[1])
sweeps = 0
"""
"""What the daemons of these tests can do; each then loops."""
SWEEP = 'pods("default"); pods("kube-system"); get("/version")'
LOOP = f"""
while True:
    sweeps += 1
    {SWEEP}
    time.sleep(interval)
"""
"""Two namespaces and something else: one sweep. It says nothing of its end."""
TALK = f"""
while True:
    sweeps += 1
    {SWEEP}
    say(sweep=sweeps, failed=sweeps == 2)
    time.sleep(interval)
"""
"""The same; it says when a sweep has ended, and that the second one has failed."""
GRACEFUL = f"""
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
{LOOP}
"""
TELLS = Accounting(sweep_ended={"failed": False})
ONE_SWEEP = ["default/pods", "kube-system/pods", "/version"]


class Ground:
    """A gateway before an empty cluster."""

    def __init__(self, gateway: HttpGateway, folder: Path) -> None:
        self.gateway, self.timeline, self._folder = gateway, gateway.timeline, folder

    def kubeconfig(self, caller: str = "") -> Path:
        return self.gateway.way_in(caller).write_kubeconfig(self._folder / f"{caller or 'first'}.yaml")

    def state(self, whose: str = "subject") -> Path:
        return self._folder / whose


@pytest.fixture(scope="module")
def gateway() -> Iterator[HttpGateway]:
    cluster = cluster_named("embedded", clock=lambda: datetime.now(UTC), kubeconfig=None, context=None)
    with cluster, HttpGateway(cluster.endpoint, timeline=Timeline()) as gateway:
        yield gateway


@pytest.fixture
def ground(gateway: HttpGateway, tmp_path: Path) -> Ground:
    gateway.clear()
    gateway.timeline.clear()
    return Ground(gateway, tmp_path)


def daemon(code: str, *argv: str, timeout: float = 20.0, **claims: Any) -> ReaperFile:
    """The file of a daemon that does this."""
    run = Run(adapter="daemon", argv=["{python}", "-c", DAEMON + code, "{interval}", *argv], timeout=timeout)
    return ReaperFile(
        reaper=Identity(name="x"), run=run, claims=Claims(**{"interval": 0.01, "stop_within": 5.0, **claims})
    )


def sweeping(ground: Ground, subject: DaemonSubject, **asked: Any) -> Outcome:
    return subject.sweep(replace(SQL, kubeconfig=ground.kubeconfig()), **asked)


def paths(ground: Ground) -> list[str]:
    return [each.path.rpartition("/namespaces/")[2] for each in ground.gateway.exchanges()]


@pytest.mark.parametrize("claims", [{}, {"accounting": TELLS}], ids=["mute", "telling"])
def test_a_pass_is_one_whole_sweep_and_none_falls_between_two(ground: Ground, claims: dict[str, Any]) -> None:
    with DaemonSubject(daemon(TALK if claims else LOOP, **claims)) as subject:
        subject.enter(ground)
        for number in (1, 2, 3):
            outcome = sweeping(ground, subject)
            assert outcome.exit_code == 0
            swept = 3 if claims and number > 1 else number  # the second does not tell its end as the file says
            assert paths(ground) == ONE_SWEEP * swept
            assert outcome.watch is not None
            assert len(outcome.watch.begins) == 1
            if swept != number:
                return
    assert ground.gateway.gate is None


def test_a_sweep_that_is_told_to_have_failed_is_exit_code_one(ground: Ground) -> None:
    told = Accounting(sweep_ended={"kind": "end"}, sweep_failed={"failed": True})
    code = TALK.replace("say(", 'say(kind="end", ')
    with DaemonSubject(daemon(code, accounting=told)) as subject:
        subject.enter(ground)
        assert [sweeping(ground, subject).exit_code for _ in range(3)] == [0, 1, 0]
        assert paths(ground) == ONE_SWEEP * 3


def test_who_does_not_begin_another_sweep_hangs_and_is_started_anew(ground: Ground) -> None:
    hang = f"{CHILD} say(pid=os.getpid(), child=child.pid)\n{SWEEP}\ntime.sleep(600)"
    with DaemonSubject(daemon(hang, timeout=1.5)) as subject:
        subject.enter(ground)
        outcome = sweeping(ground, subject)
        assert outcome.exit_code is None
        assert outcome.watch is not None
        assert [each.exit_code for each in outcome.watch.ends] == [None]
        for pid in msgspec.json.decode(outcome.stdout).values():
            await_gone(pid)


def test_who_ends_of_itself_gives_its_exit_code_and_is_started_anew(ground: Ground) -> None:
    with DaemonSubject(daemon(f"{SWEEP}; sys.stderr.write('no more'); sys.exit(7)")) as subject:
        subject.enter(ground)
        for number in (1, 2):
            outcome = sweeping(ground, subject)
            assert (outcome.exit_code, outcome.stderr) == (7, "no more")
            assert paths(ground) == ONE_SWEEP * number


def test_a_command_that_vanished_is_an_outcome_too(ground: Ground) -> None:
    run = Run(adapter="daemon", argv=["/no/such/daemon"])
    with DaemonSubject(ReaperFile(reaper=Identity(name="x"), run=run)) as subject:
        subject.enter(ground)
        assert sweeping(ground, subject).exit_code == 127


def test_it_sweeps_only_the_world_that_it_has_entered(ground: Ground) -> None:
    with DaemonSubject(daemon(LOOP)) as subject, pytest.raises(RuntimeError, match="has entered none"):
        sweeping(ground, subject)


def test_other_arguments_need_another_process(ground: Ground) -> None:
    with DaemonSubject(daemon("say(argv=sys.argv[2:], pid=os.getpid())" + GRACEFUL)) as subject:
        subject.enter(ground)
        said = [sweeping(ground, subject, extra=extra).stdout for extra in ((), ("--dry-run",), ("--dry-run",))]
    first, second = (msgspec.json.decode(each) for each in said[:2])
    assert (first["argv"], second["argv"], said[2]) == ([], ["--dry-run"], "")
    await_gone(first["pid"])
    await_gone(second["pid"])


@pytest.mark.parametrize(("code", "exit_code"), [(GRACEFUL, 0), (LOOP, -signal.SIGTERM)], ids=["graceful", "rude"])
def test_a_signal_has_been_delivered_when_the_step_goes_on(ground: Ground, code: str, exit_code: int) -> None:
    with DaemonSubject(daemon(code)) as subject:
        subject.enter(ground)
        ground.timeline.arm(barriers=[Barrier(kinds=("list-pods",), nth=2, call=tell(subject, signal.SIGTERM))])
        outcome = sweeping(ground, subject)
        assert outcome.exit_code == exit_code
        assert outcome.watch is not None
        [signalled], [ended] = outcome.watch.signals, outcome.watch.ends
        assert (signalled.number, signalled.step, ended.exit_code) == (signal.SIGTERM, 2, exit_code)
        assert ended.at >= signalled.at
        assert not subject.signal(signal.SIGTERM), "nobody is left"
    assert ground.timeline.errors() == []


def test_who_ignores_that_it_is_to_stop_is_killed(ground: Ground) -> None:
    code = f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{LOOP}"
    with DaemonSubject(daemon(code, stop_within=0.5)) as subject:
        subject.enter(ground)
        ground.timeline.arm(barriers=[Barrier(kinds=("list-pods",), nth=1, call=tell(subject, signal.SIGTERM))])
        outcome = sweeping(ground, subject)
        assert outcome.exit_code is None
        assert outcome.watch is not None
        assert [each.exit_code for each in outcome.watch.ends] == [None]


def test_who_is_stopped_does_nothing_until_it_is_continued(ground: Ground) -> None:
    with DaemonSubject(daemon(LOOP)) as subject:
        subject.enter(ground)

        def away(stage: object) -> None:
            tell(subject, signal.SIGSTOP)(stage)
            tell(subject, signal.SIGCONT)(stage)

        ground.timeline.arm(barriers=[Barrier(kinds=("list-pods",), nth=2, when="after", call=away)])
        outcome = sweeping(ground, subject)
        assert outcome.exit_code == 0
        assert outcome.watch is not None
        assert [each.number for each in outcome.watch.signals] == [signal.SIGSTOP, signal.SIGCONT]
        assert paths(ground) == ONE_SWEEP


def test_replicas_are_told_apart_and_the_others_go_on(ground: Ground) -> None:
    with DaemonSubject(daemon("say(replica=sys.argv[2])" + LOOP, "{replica}")) as subject:
        subject.enter(ground, replicas=2)
        said, deadline = "", time.monotonic() + DEADLINE
        while not all(f'"{number}"' in said for number in (1, 2)):
            assert time.monotonic() < deadline, f"not both replicas had begun after {DEADLINE:g} s"
            said += sweeping(ground, subject).stdout
        assert subject.signal(signal.SIGKILL), "nobody holds a lease: the first"
        assert not subject.signal(signal.SIGTERM)
        again = sweeping(ground, subject)
        assert again.exit_code == 0
        assert again.watch is not None
        assert [(each.caller, each.exit_code) for each in again.watch.ends] == [("", -signal.SIGKILL)]
        assert {each.by for each in ground.gateway.exchanges()} <= {"", "2"}


def test_metrics_are_read_before_and_after(ground: Ground) -> None:
    code = """
import http.server, threading
class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"sweeps %d" % sweeps)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Metrics)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""
    file = daemon(code + TALK, "{metrics_port}", features=["metrics"], accounting=Accounting(sweep_ended={"sweep": 1}))
    with DaemonSubject(file) as subject:
        subject.enter(ground)
        first = sweeping(ground, subject)
        assert first.watch is not None
        assert first.watch.metrics_before == ""
        # The next sweep may have begun by then; its LIST waits.
        assert first.watch.metrics in ("sweeps 1", "sweeps 2")


def tell(subject: DaemonSubject, number: int) -> Callable[[object], None]:
    """What a barrier does: send the signal to somebody who must be there."""

    def call(_: object) -> None:
        if not subject.signal(number):
            raise AssertionError("nobody was there")

    return call
