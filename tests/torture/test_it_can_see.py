"""Flait broken on purpose: the campaigns see it, each for the right reason, and see nothing when it is whole."""

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.adapters.twilio_posts import forgeries, text
from tests.doors.test_webhook import travels
from tests.doors.webhook_talk import Site
from tests.http_talk import status
from tests.torture import broken, kills, lives, trips
from tests.torture.campaigns import run
from tests.torture.lives_flying import life
from tests.torture.rig import Disk, in_memory
from tests.torture.score import Score, Size

pytestmark = pytest.mark.timeout(600)  # seconds of work in one test, and perhaps a machine that does much else

FORGERIES = 40
POSTS = 5  # every fifth
SOME = 12  # lives: enough for the fault to show
AMONG = 120  # of these; all clean when Flait is whole
BROKEN = [
    # how it is broken → what is wrong with the last word then, in the lives that this befalls
    (broken.ends_by_the_schedule_at_one_sight, "lost: ended early", "cancel"),
    (broken.counts_what_it_does_not_say, "uncounted: term_o", "gates"),
    (broken.takes_nothing_back, "lost: taken back", "withdrawn"),
    (broken.closes_on_what_is_held, "lost: at the end, in", "mute"),
]

DARK = {
    # a life that goes dark after one look → what is lost when a silence goes by what nobody was told
    29: "lost: seen once, to",
    43: "lost: seen once, cancelled",
    212: "lost: no word",
    790: "lost: seen once, arr",
    274: "lost: seen once, diverted_to",
    665: "lost: seen once, dep",
}

BROKEN_CONNECTIONS = [
    # how it is broken → what is wrong then, in these pairs of flights
    (broken.never_well_again, "false: last word of the connection", (26, 38)),
    (broken.never_missed, "lost: missed", (2, 13)),
    (broken.at_every_minute, "false: clearly better", (1, 25)),
    (broken.missed_where_no_gate_is_reported, "false: connection MISSED", (174, 246)),
    (broken.at_the_gate_before_it_is_down, "lost: connection", (223, 264)),
    (broken.booked_as_it_is_today, "lost: connection", (203, 259)),
    (broken.holds_on_to_what_is_missed, "lost: connection", (3, 179)),
    (broken.each_flight_for_itself, "unexpected: two texts", (4, 26)),
    (broken.reminds_of_what_they_miss, "unexpected: reminder", (13, 25)),
]


def killed_around_posts(folder: Path) -> Score:
    """What the campaign of kills makes of some of the deaths by which a text may be lost or go twice."""
    with in_memory(folder) as memory:
        disk = Disk(memory)
        acts = kills.told_alive(disk)
        _, score = kills.swept_all(kills.Sweep(disk, acts), kills.around_posts(acts)[::POSTS], Size.CUT)
    return score


def test_a_text_that_goes_before_its_claim_is_committed_goes_twice(tmp_path: Path) -> None:
    with broken.sends_before_it_commits():
        score = killed_around_posts(tmp_path)

    assert (score.dup > 0, score.lost) == (True, 0), score
    assert not score.clean


def test_a_text_that_is_written_off_before_it_goes_is_lost(tmp_path: Path) -> None:
    with broken.commits_and_forgets():
        score = killed_around_posts(tmp_path)

    assert (score.lost > 0, score.dup) == (True, 0), score
    assert not score.clean


def is_a_forgery_accepted(folder: Path) -> bool:
    """Whether any of some forged texts and reports changes what is stored, over real sockets."""
    with (site := Site(folder)).listening() as talk:
        before = site.everything()
        posts = filter(travels, forgeries([text("STOP"), text("STATUS")], FORGERIES, seed=1))
        return any(status(talk.post(post)) == 200 or site.everything() != before for post in posts)


def test_what_nobody_signed_is_let_in_only_where_no_signature_is_checked(tmp_path: Path) -> None:
    whole, unchecked = tmp_path / "whole", tmp_path / "unchecked"
    whole.mkdir()
    unchecked.mkdir()

    assert not is_a_forgery_accepted(whole)
    with broken.checks_no_signature():
        assert is_a_forgery_accepted(unchecked)


def test_the_campaign_of_forgeries_sees_that_no_signature_is_checked(tmp_path: Path) -> None:
    if importlib.util.find_spec("tests.torture.forged") is None:
        pytest.skip("there is no such campaign here")
    with broken.checks_no_signature():
        score = run("forged", tmp_path, Size.CUT)

    assert score.forged_accepted > 0, score
    assert not score.clean


@pytest.mark.parametrize(("breaks", "fault", "befalls"), BROKEN)
def test_the_campaign_of_lives_sees_what_is_broken(
    breaks: Callable[[], AbstractContextManager[None]], fault: str, befalls: str, tmp_path: Path
) -> None:
    befallen = [seed for seed in range(AMONG) if befalls in life(seed).story]
    with breaks():
        score = lives.judged(tmp_path, befallen[:SOME])

    assert not score.clean
    assert [remark for remark in score.remarks if fault in remark], score.remarks


def test_the_campaign_of_lives_sees_a_silence_that_goes_by_what_nobody_was_told(tmp_path: Path) -> None:
    with broken.goes_by_what_nobody_was_told():
        seen = {played.life.seed: faults for played, faults in lives.lives(tmp_path, list(DARK))}

    for seed, lost in DARK.items():
        assert lost in {f"{fault.kind}: {fault.about}" for _, fault in seen[seed]}
    assert lives.judged(tmp_path, list(DARK)).clean


@pytest.mark.parametrize(("breaks", "fault", "seeds"), BROKEN_CONNECTIONS)
def test_the_campaign_of_trips_sees_what_is_broken(
    breaks: Callable[[], AbstractContextManager[None]], fault: str, seeds: Sequence[int], tmp_path: Path
) -> None:
    with breaks():
        score = trips.judged(tmp_path, seeds)

    assert len([remark for remark in score.remarks if fault in remark]) == len(seeds), score.remarks
    assert trips.judged(tmp_path, seeds).clean
