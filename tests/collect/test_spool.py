"""The spool on a real disk, with real processes, real limits and a real lack of room."""

import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from apps.collect import segments, spool
from apps.collect.frames import pack, scan
from apps.collect.segments import Hole, Segment
from apps.collect.spool import Spool, Unwritable

WRITER = """
import os, sys
from pathlib import Path
from apps.collect.frames import pack
from apps.collect.spool import Spool
spool = Spool(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    spool.append(pack(os.getpid(), n, 1, b"", b"{}"))
print("ready", flush=True)
sys.stdin.read()
"""


def frame(n, size=2):
    return pack(1, n, 1, b"", b"x" * size)


def arrivals(folder):
    return [record.arrived_us for path in files(folder) for record in scan(path.read_bytes())]


def instants(records):
    return [record.arrived_us for record in records]


def files(folder):
    return [folder / name for name in segments.names(folder)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def opened(folder):
    made = []

    def make(**options):
        made.append(Spool(folder, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def writer(folder, count):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    return process


def test_what_is_appended_is_there_at_once(opened, folder):
    opened().append(frame(1))
    assert arrivals(folder) == [1]


def test_the_folder_and_its_files_are_private(opened, folder):
    opened().append(frame(1))
    assert folder.stat().st_mode & 0o077 == 0
    assert files(folder)[0].stat().st_mode & 0o077 == 0


def test_many_threads_append_whole_frames(opened, folder):
    out = opened(segment_bytes=20_000)

    def work(base):
        for n in range(500):
            out.append(frame(base + n, size=n % 90))

    threads = [threading.Thread(target=work, args=(k * 1000,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(arrivals(folder)) == [k * 1000 + n for k in range(8) for n in range(500)]
    assert len(files(folder)) > 5  # rotated on the way


def test_two_writers_have_a_segment_each_and_lock_it_while_they_live(folder):
    one, two = writer(folder, 300), writer(folder, 200)
    try:
        found = [Segment(path) for path in files(folder)]
        assert sorted(len(segment.read()) for segment in found) == [200, 300]
        assert [segment.final for segment in found] == [False, False]
        one.kill()
        one.wait()
        assert [segment.read() for segment in found] == [[], []]
        assert sorted(segment.finished for segment in found) == [False, True]
    finally:
        one.kill()
        two.kill()
        for process in (one, two):
            process.communicate()
        for segment in found:
            segment.close()


def test_a_segment_is_ended_by_its_age(opened, folder, monkeypatch):
    monkeypatch.setattr(spool, "SEGMENT_AGE", 0.0)
    monkeypatch.setattr(spool, "SYNC_EVERY", 0.02)
    out = opened()
    out.append(frame(1))
    segment = Segment(files(folder)[0])
    end = time.monotonic() + 5
    while not segment.finished:
        segment.read()
        assert time.monotonic() < end
        time.sleep(0.01)
    out.append(frame(2))
    assert len(files(folder)) == 2
    segment.remove()
    assert arrivals(folder) == [2]


def test_strict_waits_for_the_disk(opened, folder, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda fd: synced.append(os.fstat(fd).st_size))
    out = opened(strict=True)
    for n in range(3):
        out.append(frame(n))
        assert synced[-1] == (n + 1) * len(frame(n))


def test_strict_refuses_what_the_disk_refused(opened, monkeypatch, caplog):
    def fail(fd):
        raise OSError(5, "Input/output error")

    out = opened(strict=True)
    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(Unwritable, match="Input/output error"):
        out.append(frame(1))
    monkeypatch.undo()
    out.append(frame(2))


def test_a_full_disk_refuses_and_leaves_no_torn_record(opened, folder):
    out = opened()
    out.append(frame(1, size=1000))
    room = files(folder)[0].stat().st_size + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(Unwritable, match="only 500 of"):
            out.append(frame(2, size=1000))
        out.append(frame(3, size=100))
        with pytest.raises(Unwritable):
            out.append(frame(4, size=1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    out.append(frame(5))
    assert arrivals(folder) == [1, 3, 5]


def test_where_even_the_torn_end_cannot_be_cut_off_a_new_segment_is_begun(opened, folder, monkeypatch):
    out = opened()
    out.append(frame(1, size=1000))
    room = files(folder)[0].stat().st_size + 500
    monkeypatch.setattr(os, "ftruncate", lambda fd, size: (_ for _ in ()).throw(OSError(5, "EIO")))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(Unwritable):
            out.append(frame(2, size=1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    out.append(frame(3))
    assert arrivals(folder) == [1, 3]
    out.sync()
    torn = Segment(files(folder)[0])
    assert instants(torn.read()) == [1]
    assert torn.read() == []
    assert torn.finished
    torn.close()


def test_a_folder_that_cannot_be_written_refuses(opened, folder):
    out = opened()
    folder.rmdir()
    folder.write_text("in the way")
    try:
        with pytest.raises(Unwritable):
            out.append(frame(1))
    finally:
        folder.unlink()
    out.append(frame(2))
    assert arrivals(folder) == [2]


def test_a_spool_over_its_bound_refuses_until_it_is_drained(opened, folder, monkeypatch, caplog):
    monkeypatch.setattr(spool, "SYNC_EVERY", 0.02)
    out = opened(most=3000)
    for n in range(30):
        out.append(frame(n, size=100))
    time.sleep(0.1)
    with pytest.raises(Unwritable, match="more than 3000 bytes"):
        out.append(frame(1))
    files(folder)[0].unlink()
    time.sleep(0.1)
    out.append(frame(1))


def torn_in_the_middle(folder):
    folder.mkdir()
    path = folder / "0-1-a.seg"
    path.write_bytes(frame(1) + b"\0" * 300 + frame(2) + frame(3)[:-1])
    return Segment(path)


def test_a_hole_is_stepped_over_and_shown(folder):
    segment = torn_in_the_middle(folder)
    first, hole, second, end = segment.read(), segment.read(), segment.read(), segment.read()
    assert instants(first + second) == [1, 2]
    assert hole == [Hole(len(frame(1)), len(frame(1)) + 300, b"\0" * 300)]
    assert end == []
    assert segment.finished
    segment.close()


def test_a_writer_at_work_is_waited_for(folder):
    """A bad frame may be one that is being written just now."""
    process = writer(folder, 1)
    try:
        path = files(folder)[0]
        with path.open("ab") as file:
            file.write(frame(2)[:-3])
        segment = Segment(path)
        assert len(segment.read()) == 1
        assert segment.read() == []
        assert not segment.finished
        with path.open("ab") as file:
            file.write(frame(2)[-3:])
        assert instants(segment.read()) == [2]
        segment.close()
    finally:
        process.kill()
        process.communicate()


def test_one_drain_is_elected(folder):
    first = segments.elect(folder)
    assert first is not None
    assert segments.elect(folder) is None
    os.close(first)
    second = segments.elect(folder)
    assert second is not None
    os.close(second)


def test_the_folder_keeps_its_id(folder):
    known = segments.spool_id(folder)
    assert len(known) == 32
    assert segments.spool_id(folder) == known
