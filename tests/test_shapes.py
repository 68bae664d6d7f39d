"""msgspec learns each type once, by one thread, before anybody reads with it."""

import re
from dataclasses import make_dataclass
from pathlib import Path
from threading import Barrier, Lock, Thread
from typing import Any

import msgspec
import pytest

import flait
from flait.system.shapes import known

SOURCES = sorted(Path(flait.__file__).parent.rglob("*.py"))
READS = re.compile(r"msgspec\.(?:convert|json\.decode)\((?P<arguments>.*)\)")


class Learning:
    """In the place of msgspec's Decoder: how often each type was learned, and by how many threads at once."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.learned: list[object] = []
        self._counting = Lock()

    def __call__(self, shape: Any) -> object:
        with self._counting:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.learned.append(shape)
        decoder: object = REAL(shape)
        with self._counting:
            self.inside -= 1
        return decoder


REAL = msgspec.json.Decoder


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Learning:
    there = Learning()
    monkeypatch.setattr(msgspec.json, "Decoder", there)
    return there


def test_threads_that_need_new_types_at_once_learn_them_one_after_the_other(learning: Learning) -> None:
    inner = make_dataclass("inner", [("word", str, "")])
    outer = make_dataclass("outer", [("one", inner), ("number", int, 0)])
    ready, read = Barrier(8), list[Any]()

    def reads() -> None:
        ready.wait()
        for shape in (outer, inner):
            known(shape)
        read.append(msgspec.json.decode(b'{"one": {}}', type=known(outer)))

    threads = [Thread(target=reads) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == [outer(inner())] * 8
    assert learning.most == 1
    assert inner in learning.learned
    assert outer in learning.learned


def test_a_type_that_is_known_is_not_learned_again(learning: Learning) -> None:
    shape = make_dataclass("shape", [("word", str, "")])
    assert known(known(shape)) is shape
    assert learning.learned == [shape]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_read_as_a_type_that_may_be_half_known(path: Path) -> None:
    reads = [match["arguments"] for match in READS.finditer(path.read_text(encoding="utf-8"))]
    assert [one for one in reads if "known(" not in one] == []
