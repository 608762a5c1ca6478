"""Frames: what is written is read; what is torn is seen."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.collect.frames import HEAD, MAGIC, Record, next_frame, pack, scan

ONE = pack(7, 1_700_000_000_000_000, 1, b"1.2.3.4\nMozilla", b'{"id":"a"}')
TWO = pack(8, 1_700_000_000_000_001, 2, b"", b'[{"id":"b"},{"id":"c"}]')


def test_what_is_packed_is_scanned():
    first, second = scan(ONE + TWO, base=100)
    assert first == Record(7, 1_700_000_000_000_000, 1, b"1.2.3.4\nMozilla", b'{"id":"a"}', 100 + len(ONE))
    assert second == Record(
        8, 1_700_000_000_000_001, 2, b"", b'[{"id":"b"},{"id":"c"}]', 100 + len(ONE + TWO)
    )


@pytest.mark.parametrize("cut", range(len(ONE)))
def test_a_torn_end_ends_the_scan(cut):
    assert [record.end for record in scan(ONE + TWO + ONE[:cut])] == [len(ONE), len(ONE + TWO)]


@pytest.mark.parametrize("at", range(len(TWO)))
def test_any_flipped_byte_is_noticed(at):
    broken = bytearray(ONE + TWO + ONE)
    broken[len(ONE) + at] ^= 0xFF
    assert [record.end for record in scan(bytes(broken))] == [len(ONE)]
    assert next_frame(bytes(broken[len(ONE) :])) == len(TWO)


def test_an_end_of_zeros_is_no_record():
    assert list(scan(ONE + b"\0" * 4096))[-1].end == len(ONE)
    assert next_frame(b"\0" * 4096) is None


def test_a_length_beyond_reason_is_no_length():
    assert list(scan(HEAD.pack(MAGIC, 0xFFFFFFFF, 0) + b"x" * 100)) == []


def test_a_magic_inside_a_hit_does_not_mislead():
    sly = pack(1, 1, 1, b"", b'{"id":"' + MAGIC + b'"}')
    assert next_frame(sly[5:] + TWO) == len(sly) - 5


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no slow strategy
@given(st.lists(st.binary(max_size=200), max_size=8), st.binary(max_size=64))
def test_whatever_follows_whole_frames_does_no_harm(payloads, rubbish):
    data = b"".join(pack(n, n, 1, b"", payload) for n, payload in enumerate(payloads))
    assert [record.json for record in scan(data + rubbish)][: len(payloads)] == payloads


def test_rubbish_is_scanned_in_a_moment():
    noise = random.Random(1).randbytes(1 << 16) + MAGIC * 1000
    assert next_frame(noise) is None
