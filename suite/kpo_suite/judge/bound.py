"""BOUND: how much one sweep may do, and what it refuses to begin with."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History
from kpo_suite.judge import accounts
from kpo_suite.judge.keep import live_and_kept_pods_survive
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.judge.tell import of_sweep


@judges("BOUND-SWEEP")
def a_sweep_keeps_to_its_budget(history: History, _: str) -> Iterator[Failure]:
    """Breached by more deletions in a sweep than stated, by a younger zombie before an older, by silence about it.

    Where faults stood between the steps, the older one may have been what could not be deleted.
    """
    budget = history.claims.deletions
    if budget is None:
        yield Failure(
            observed="The reaper claims a budget and does not state it.", because="its file has no claims.deletions."
        )
        return
    created = {pod["metadata"]["uid"]: pod["metadata"]["creationTimestamp"] for pod in history.before}
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    gone: set[str] = set()
    for sweep in history.sweeps:
        found = of_sweep(history, sweep)
        if len(found) > budget:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} deleted {len(found)} pods; its budget is {budget}.",
                because=f"{len(zombies - gone)} zombies were there.",
            )
        gone |= {deletion.uid for deletion in found}
        if sweep.faulty:
            continue
        left = zombies - gone
        youngest = max((created[each.uid] for each in found if each.uid in created), default="")
        older = [uid for uid in left if created[uid] < youngest]
        if older:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} deleted a zombie that was created at {youngest} and left {len(older)} "
                "older ones.",
                because="a budget is spent on the oldest first, or the oldest may wait for ever.",
            )
        told = history.claims.accounting.budget_reached
        if (
            left
            and len(found) >= budget
            and told
            and "accounting" in history.claims.features
            and not accounts.tells(sweep, told)
        ):
            yield Failure(
                observed=f"Sweep {sweep.ordinal} left {len(left)} zombies and does not say that it spent its budget.",
                because="nobody learns that more is left to do.",
            )


@judges("BOUND-BREAKER")
def an_implausible_sweep_deletes_nothing_and_raises_an_alarm(history: History, requirement: str) -> Iterator[Failure]:
    """Breached where no breaker is stated, by a deletion of what cannot be all zombies, and by exit code 0 after it."""
    if history.claims.breaker is None:
        yield Failure(
            observed="The reaper claims a budget and states no breaker.", because="its file has no claims.breaker."
        )
    yield from live_and_kept_pods_survive(history, requirement)
    for sweep in history.sweeps:
        if sweep.refused and sweep.exit_code == 0:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} met more zombies than can be and ended with exit code 0.",
                because="what nobody hears is no alarm.",
            )


@judges("BOUND-CONFIG")
def odd_settings_are_refused(history: History, _: str) -> Iterator[Failure]:
    """Breached by each sweep with an invalid setting that ends with exit code 0, in silence, or writes anything."""
    refusals = [sweep for sweep in history.sweeps if sweep.refused]
    if not refusals:
        yield Failure(observed="The reaper states no settings that it refuses.", because="its file has no run.invalid.")
    for sweep in refusals:
        asked = " ".join(sweep.extra)
        if sweep.exit_code == 0:
            yield Failure(observed=f"A sweep with {asked} ended with exit code 0.")
        elif sweep.exit_code is None:
            yield Failure(observed=f"A sweep with {asked} did not end within {sweep.timeout:g} s.")
        elif not (sweep.stderr.strip() or sweep.stdout.strip()):
            yield Failure(observed=f"A sweep with {asked} ended with exit code {sweep.exit_code} and said nothing.")
        written = [each for each in history.writes() if sweep.holds(each.step)]
        if written:
            yield Failure(
                observed=f"A sweep with {asked} went on: {written[0]}.",
                because="odd settings end a sweep before it begins.",
            )


@judges("BOUND-DRY-RUN")
def a_dry_run_decides_the_same_and_writes_nothing(history: History, _: str) -> Iterator[Failure]:
    """Breached by a committed write in a dry run, and by decisions that the real sweep after it does not take.

    Two sweeps of which one met faults need not decide alike.
    """
    for sweep, following in zip(history.sweeps, [*history.sweeps[1:], None], strict=True):
        if "dry-run" not in sweep.options:
            continue
        for exchange in history.writes():
            own = exchange.target.resource == "leases"  # which a daemon keeps whatever it sweeps
            if sweep.holds(exchange.step) and not own:
                yield Failure(observed=f"{exchange} in a dry run.", because="a dry run writes nothing.")
        if following is None or "dry-run" in following.options or "accounting" not in history.claims.features:
            continue
        if sweep.faulty or following.faulty:
            continue
        announced = {account.uid for account in accounts.would_delete(sweep, history.claims.accounting)}
        done = {deletion.uid for deletion in of_sweep(history, following)}
        names = {fate.uid: str(fate) for fate in history.fates}
        for uid in sorted(done ^ announced):
            said = "would be deleted" if uid in announced else "would be kept"
            did = "deleted" if uid in done else "kept"
            yield Failure(
                observed=f"The dry run says that {names.get(uid, uid)} {said}; the sweep after it {did} it.",
                because="nothing had changed in between.",
            )
