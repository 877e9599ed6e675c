"""The extension of Chaos Toolkit without Chaos Toolkit: a world driven by activities, and what its probes see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpo_suite.chaostoolkit import actions, controls, probes
from kpo_suite.errors import UsageError

SCENARIO = "map_index_adopts_while_its_sibling_starts_anew"


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    actions.stop_world()


def test_a_world_is_put_under_a_fault_and_converges() -> None:
    pods = actions.start_world(SCENARIO, reaper="plain")
    zombies = len(pods["zombie"])
    assert zombies == probes.zombies_left() == 2
    assert actions.put_fault("DL3", "delete-pods-1") == "DL3@delete-pods-1"
    (faulty,) = actions.sweep()
    assert faulty["under_faults"]
    assert faulty["exit_code"] != 0
    actions.clear_faults()
    assert probes.faults_injected() == ["DL3@delete-pods-1"]
    assert probes.zombies_left() > 0
    assert probes.every_zombie_gone(within=1)  # there was no sweep since the faults that could have done it
    assert not probes.every_zombie_gone(within=0)
    (clean,) = actions.sweep()
    assert (clean["exit_code"], clean["under_faults"]) == (0, False)
    assert probes.zombies_left() == 0
    assert probes.every_zombie_gone()
    assert probes.no_live_pod_deleted()
    assert probes.only_zombies_deleted()
    assert probes.accounts_are_true()
    with pytest.raises(UsageError, match="already passed delete-pods-1"):
        actions.put_fault("DL3", "delete-pods-1")
    with pytest.raises(UsageError, match="no form of a fault"):
        actions.put_fault("DL99", "delete-pods-9")


def test_a_fault_that_was_cleared_is_not_put_again_with_the_next_one() -> None:
    controls.configure_control(SCENARIO, configuration={"kpo_reaper": "plain"})
    actions.put_fault("DL3", "delete-pods-1")
    actions.clear_faults()
    actions.put_fault("DL5/500", "delete-pods-2")
    actions.sweep(times=2)
    assert probes.faults_injected() == ["DL5/500@delete-pods-2"]
    controls.cleanup_control()
    with pytest.raises(UsageError, match="no world runs"):
        probes.no_live_pod_deleted()


def test_the_probes_see_what_a_bad_reaper_does() -> None:
    actions.start_world(SCENARIO, reaper="takes-rule-two-literally")
    with pytest.raises(UsageError, match="a world runs already"):
        actions.start_world(SCENARIO, reaper="plain")
    actions.sweep()
    assert not probes.no_live_pod_deleted()
    assert not probes.only_zombies_deleted()
    assert not probes.requirement_kept("KEEP-REATTACHED")
    assert probes.requirement_kept("DELETE-ONE-POD")
    with pytest.raises(UsageError, match="'KEEP-WHAT' is no requirement"):
        probes.requirement_kept("KEEP-WHAT")


@pytest.mark.parametrize(
    ("scenario", "reaper", "sentence"),
    [
        ("no_such_scenario", "plain", "means no replay scenario"),
        ("KEEP-REATTACHED", "plain", "is no replay scenario"),
        (SCENARIO, "no-such-reaper", "neither a reaper file nor a shipped reaper"),
        ("oldest_zombies_are_in_the_last_namespace", "mended-steps", "does not claim what"),
    ],
)
def test_words_that_mean_nothing_start_nothing(scenario: str, reaper: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        actions.start_world(scenario, reaper=reaper)
    with pytest.raises(UsageError, match="no world runs"):
        actions.sweep()
