"""Downloads end in the right file or in one clear message, whatever the network does.

Real HTTP on loopback: see fault_server.py. No test mocks the network.
"""

import errno
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from fault_server import FaultServer, Proxy
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.data.download import PATIENCE, Patience, Remote, fetch, verify
from course_utils.errors import CourseError

CONTENT = random.Random(4).randbytes(300_000)
OTHER = random.Random(5).randbytes(300_000)
QUICK = Patience(
    connect=2, silence=5, offline=1, attempts=3, backoff=0.001, longest=0.3, slowest=1, window=30
)
TARGET = "photos.zip"


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def remote(*urls, content=CONTENT, **changes):
    """Return a remote with a hash, unless told otherwise."""
    known = Remote("datasets/photos.zip", urls, "the photos", sha256(content))
    return replace(known, **changes)


def attempt(wanted, target, content=CONTENT, **options):
    """Fetch a file, and return None or the one message.

    This is what each test rests on: under the final name stands the right file, whole, or none;
    beside it lie only the lock and, after a failure, what the next run goes on with.
    """
    target = Path(target)
    options = {"patience": QUICK} | options
    message = None
    try:
        assert fetch(wanted, target, **options) == target
    except CourseError as error:
        message = str(error)
    extra = {f"{target.name}.lock"}
    if message is None:
        assert target.read_bytes() == content
    else:
        assert not target.exists()
        extra |= {f"{target.name}.part", f"{target.name}.part.json"}
        assert wanted.what in message
        assert any(way in message for way in ("COURSE_MIRROR", "COURSE_HOME"))
        assert "Traceback" not in message
        assert max(map(len, message.splitlines())) < 500
    if target.parent.exists():
        assert set(os.listdir(target.parent)) <= extra | {target.name}
    return message


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy, mirror or terminal of the machine that runs the tests."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "COURSE_MIRROR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setenv("COURSE_HEADLESS", "1")


@pytest.fixture
def server():
    with FaultServer() as one:
        yield one


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / TARGET


# The plain way


def test_a_file_comes_whole_and_is_not_asked_for_again(server, target, capsys):
    server.put("a", CONTENT)
    assert attempt(remote(server.url("a")), target) is None
    first = capsys.readouterr()
    assert first.out.count("\n") == 1 and "the photos" in first.out
    assert not re.search(r"\d", first.out), "a timing or a rate would differ between two runs"
    assert first.err == ""
    assert attempt(remote(server.url("a")), target) is None
    assert capsys.readouterr().out == ""
    assert len(server.requests) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of POSIX")
def test_a_bar_with_rate_and_time_left_stands_on_a_terminal(server, target, monkeypatch):
    monkeypatch.delenv("COURSE_HEADLESS")
    server.put("a", CONTENT, drip=(60_000, 0.2))
    import termios

    master, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    process = start(target, server.url("a"), stderr=terminal)
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # how a terminal ends
        while data := os.read(master, 65536):
            shown += data
    assert ended(process) == (0, "ready\nwhole\n")
    assert re.search(rb"the photos: +\d+%.*\[\d\d:\d\d<\d\d:\d\d, [\d.]+[kM]B/s\]", shown)


@pytest.mark.parametrize(
    "known", [{}, {"known_hash": "md5:" + hashlib.md5(CONTENT).hexdigest()}, {"known_hash": None}]
)
def test_each_kind_of_hash_serves(server, target, known):
    server.put("a", CONTENT)
    assert attempt(remote(server.url("a"), **known), target) is None


def test_a_file_that_is_there_but_wrong_is_replaced(server, target):
    server.put("a", CONTENT)
    target.parent.mkdir()
    target.write_bytes(OTHER)
    assert attempt(remote(server.url("a")), target) is None


def test_a_file_that_is_there_but_wrong_stays_when_nothing_better_comes(server, target):
    target.parent.mkdir()
    target.write_bytes(OTHER)
    with pytest.raises(CourseError, match="404.*(?s:.)*no other file was touched"):
        fetch(remote(server.url("gone")), target, patience=QUICK)
    assert target.read_bytes() == OTHER


def test_a_redirect_is_followed(server, target):
    server.put("a", CONTENT)
    server.redirect("moved", server.url("a"))
    assert attempt(remote(server.url("moved")), target) is None


# Connections that break


def test_sixty_cuts_in_one_download(server, target):
    cuts = sorted(random.Random(0).sample(range(1, len(CONTENT)), 60))
    server.put("a", CONTENT, cuts=list(cuts))
    assert attempt(remote(server.url("a")), target) is None
    assert [request.start for request in server.requests] == [0, *cuts]
    assert sum(request.sent for request in server.requests) == len(CONTENT), "no byte came twice"


@pytest.mark.parametrize("reset", [False, True])
def test_sixty_downloads_each_cut_somewhere(server, tmp_path, reset):
    for number, cut in enumerate(random.Random(1).sample(range(len(CONTENT)), 60)):
        server.put(f"{number}", CONTENT, cuts=[cut], reset=reset)
        place = tmp_path / str(number) / TARGET
        assert attempt(remote(server.url(f"{number}")), place) is None
        assert len(server.asked(f"{number}")) == 2


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 5000),
    cuts=st.lists(st.integers(0, 5000), max_size=12),
    ranges=st.booleans(),
    etag=st.booleans(),
    most=st.none() | st.integers(500, 3000),
    length=st.sampled_from(["told", "chunked"]),
)
def test_any_list_of_cuts_ends_in_the_right_file(size, cuts, ranges, etag, most, length):
    content = CONTENT[:size]
    patient = replace(QUICK, attempts=14, backoff=0)
    with FaultServer() as server, tempfile.TemporaryDirectory() as folder:
        served = server.put("a", content, cuts=list(cuts), ranges=ranges, most=most, length=length)
        served.etag = '"one"' if etag else None
        wanted = remote(server.url("a"), content=content)
        assert attempt(wanted, Path(folder) / "x" / TARGET, content, patience=patient) is None
        ends = {0}
        for request in server.requests:
            assert request.start in ends, "it goes on where a connection broke, or from the start"
            ends.add(request.begin + request.sent)


def test_a_server_that_ignores_range_is_asked_from_the_first_byte(server, target):
    server.put("a", CONTENT, ranges=False, cuts=[100_000, 200_000])
    assert attempt(remote(server.url("a")), target) is None
    assert [request.start for request in server.requests] == [0, 100_000, 200_000]
    assert server.requests[-1].sent == len(CONTENT)


def test_a_server_that_ignores_range_and_always_breaks_is_left(server, target):
    server.put("a", CONTENT, ranges=False, cuts=lambda start: random.randrange(len(CONTENT)))
    assert "the connection broke" in attempt(remote(server.url("a")), target)
    assert len(server.requests) <= 6


def test_pieces_shorter_than_asked_for_are_put_together(server, target):
    server.put("a", CONTENT, most=50_000, cuts=[10_000])
    assert attempt(remote(server.url("a")), target) is None
    starts = [request.start for request in server.requests]
    assert starts == [0, *range(10_000, len(CONTENT), 50_000)]


def test_the_part_is_kept_and_continued_by_the_next_run(server, target):
    served = server.put("a", CONTENT, cuts=lambda start: 123_456)
    message = attempt(remote(server.url("a")), target)
    assert "123,456" in message and f"{target}.part" in message
    served.cuts = ()
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == 123_456


def test_a_part_is_continued_from_another_address_where_a_hash_proves_it(server, target):
    server.put("one", CONTENT, cuts=lambda start: 100_000)
    server.put("two", CONTENT, etag='"another"')
    assert attempt(remote(server.url("one"), server.url("two")), target) is None
    assert [request.start for request in server.asked("two")] == [100_000]


def test_a_part_is_not_continued_from_another_address_without_a_hash(server, target):
    server.put("one", OTHER, cuts=lambda start: 100_000)
    server.put("two", CONTENT)
    wanted = remote(server.url("one"), server.url("two"), known_hash=None)
    assert attempt(wanted, target) is None
    assert [request.start for request in server.asked("two")] == [0]


@pytest.mark.parametrize(
    "note",
    ["", "{", "[]", '{"url": 3}', json.dumps({"url": "x", "version": None, "total": None})],
)
def test_a_part_whose_note_is_damaged_does_no_harm(server, target, note):
    target.parent.mkdir()
    target.with_name(f"{TARGET}.part").write_bytes(OTHER[:1000])
    target.with_name(f"{TARGET}.part.json").write_text(note)
    server.put("a", CONTENT)
    assert attempt(remote(server.url("a")), target) is None


@pytest.mark.parametrize("size", [300_000, 300_001, 400_000])
def test_a_part_that_is_too_long_or_wrong_is_thrown_away(server, target, size):
    """Whole but wrong, or longer than the file: answered with 416."""
    server.put("a", CONTENT, cuts=lambda start: 50_000)
    assert attempt(remote(server.url("a")), target)
    target.with_name(f"{TARGET}.part").write_bytes(random.Random(6).randbytes(size))
    server.put("a", CONTENT)
    assert attempt(remote(server.url("a")), target) is None


# A file that changes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"etag": '"one"'}, {"etag": '"two"'}),
        ({"etag": None, "modified": formatdate(1e9)}, {"modified": formatdate(1.1e9)}),
        ({"etag": '"one"'}, {"etag": '"two"', "if_range": False}),
        ({"etag": 'W/"one"'}, {"etag": 'W/"two"'}),
        ({"etag": 'W/"one"'}, {}),
        ({"etag": None}, {"etag": None}),
    ],
    ids=[
        "ETag",
        "Last-Modified",
        "If-Range ignored",
        "weak ETag",
        "same weak ETag",
        "no validator",
    ],
)
@pytest.mark.parametrize("hashed", [True, False])
def test_a_file_that_changed_between_two_parts_is_not_mixed(server, target, before, after, hashed):
    served = server.put("a", OTHER, cuts=lambda start: 150_000, **before)
    known = sha256(CONTENT) if hashed else None
    wanted = remote(server.url("a"), known_hash=known)
    assert attempt(wanted, target)
    served.content, served.cuts = CONTENT, ()
    for name, value in after.items():
        setattr(served, name, value)
    assert attempt(wanted, target) is None


def test_a_file_that_changes_at_each_request_is_left(server, target):
    def cut(start):
        served.etag = f'"{random.random()}"'
        return start + 10_000

    served = server.put("a", CONTENT, cuts=cut)
    assert "broke" in attempt(remote(server.url("a")), target)
    assert len(server.requests) <= 8


def test_a_piece_from_another_position_is_not_used(server, target):
    server.put("a", CONTENT, cuts=[100_000], shift=7)
    assert attempt(remote(server.url("a")), target) is None
    assert [request.start for request in server.requests] == [0, 100_000, 0]


# Answers that are not the file


@pytest.mark.parametrize("status", [401, 403, 404, 407, 410, 451, 501])
def test_a_refusal_leads_to_the_next_address_at_once(server, target, status):
    server.put("one", CONTENT, first=[(status, {})])
    server.put("two", CONTENT)
    assert attempt(remote(server.url("one"), server.url("two")), target) is None
    assert len(server.asked("one")) == 1
    target.unlink()
    server.put("one", CONTENT, first=[(status, {})])
    message = attempt(remote(server.url("one"), server.url("gone")), target)
    assert f"{server.url('one')}: {status}" in message and f"{server.url('gone')}: 404" in message
    assert str(target) in message and "COURSE_MIRROR" in message


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(server, target, status):
    server.put("a", CONTENT, first=[(status, {}), (status, {})])
    assert attempt(remote(server.url("a")), target) is None
    assert len(server.requests) == 3


def test_a_server_that_stays_busy_is_left(server, target):
    server.put("one", CONTENT, first=[(503, {})] * 99)
    assert "503" in attempt(remote(server.url("one")), target)
    assert len(server.requests) == QUICK.attempts


def test_retry_after_is_heeded_up_to_a_limit(server, target):
    server.put("a", CONTENT, first=[(429, {"Retry-After": "3600"}), (503, {"Retry-After": "1"})])
    began = time.monotonic()
    assert attempt(remote(server.url("a")), target) is None
    assert 2 * QUICK.longest <= time.monotonic() - began < 3
    for odd in ("soon", "-5", formatdate(time.time() - 60, usegmt=True)):
        target.unlink()
        server.put("a", CONTENT, first=[(503, {"Retry-After": odd})])
        assert attempt(remote(server.url("a"), server.url("a")), target) is None


def test_a_date_in_retry_after_is_heeded(server, target):
    later = formatdate(time.time() + 3600, usegmt=True)
    server.put("a", CONTENT, first=[(503, {"Retry-After": later})])
    began = time.monotonic()
    assert attempt(remote(server.url("a")), target) is None
    assert time.monotonic() - began >= QUICK.longest


@pytest.mark.parametrize("size", [None, len(CONTENT)])
@pytest.mark.parametrize("known", [None, sha256(CONTENT)])
def test_a_log_in_page_is_told_as_such(server, target, known, size):
    server.put("a", CONTENT, page=True)
    message = attempt(remote(server.url("a"), known_hash=known, size=size), target)
    assert "web page" in message and "log-in" in message and "Nothing was kept" in message


def test_a_log_in_page_does_not_cost_what_came_before(server, target):
    served = server.put("a", CONTENT, cuts=lambda start: 100_000)
    assert attempt(remote(server.url("a")), target)
    served.page = True
    assert "log-in" in attempt(remote(server.url("a")), target)
    served.page, served.cuts = False, ()
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == 100_000


def test_a_redirect_loop_ends(server, target):
    server.redirect("a", server.url("b"))
    server.redirect("b", server.url("a"))
    server.put("c", CONTENT)
    assert "redirects" in attempt(remote(server.url("a")), target)
    assert len(server.requests) < 20
    assert attempt(remote(server.url("a"), server.url("c")), target) is None


# Wrong bytes, wrong lengths


def test_wrong_bytes_of_the_right_length_never_stay(server, target):
    server.put("one", OTHER)
    server.put("two", CONTENT)
    assert attempt(remote(server.url("one"), server.url("two")), target) is None
    target.unlink()
    server.put("two", OTHER)
    message = attempt(remote(server.url("one"), server.url("two")), target)
    assert "may have changed" in message and "Nothing was kept" in message
    assert sha256(CONTENT).partition(":")[2] in message
    assert not list(target.parent.glob("*.part*"))


@pytest.mark.parametrize("declared", [250_000, 350_000])
@pytest.mark.parametrize("known", ["hash", "size", "check"])
def test_a_wrong_length_is_noticed(server, target, declared, known):
    server.put("a", CONTENT, declared=declared)
    changes = {
        "hash": {},
        "size": {"known_hash": None, "size": len(CONTENT)},
        "check": {"known_hash": None, "check": complains},
    }
    message = attempt(remote(server.url("a"), **changes[known]), target)
    assert server.url("a") in message


def complains(path):
    """A check that knows the content."""
    if path.read_bytes() != CONTENT:
        raise LookupError("no photos inside")


def test_a_length_that_is_known_to_be_wrong_is_not_fetched(server, target):
    server.put("a", CONTENT * 20)
    message = attempt(remote(server.url("a"), size=len(CONTENT)), target)
    assert "300,000" in message and "6,000,000" in message
    assert server.requests[0].sent < len(CONTENT * 20)


def test_a_check_decides_where_there_is_no_hash(server, target):
    server.put("one", OTHER)
    server.put("two", CONTENT)
    wanted = remote(server.url("one"), known_hash=None, check=complains)
    assert "no photos inside" in attempt(wanted, target)
    wanted = replace(wanted, urls=(server.url("one"), server.url("two")))
    assert attempt(wanted, target) is None


def test_an_empty_file_is_none(server, target):
    server.put("a", b"")
    assert "0 bytes" in attempt(remote(server.url("a"), known_hash=None), target)


@pytest.mark.parametrize("length", ["chunked", "close"])
def test_an_unknown_length_is_fine_where_something_proves_the_file(server, target, length):
    served = server.put("a", CONTENT, length=length)
    assert attempt(remote(server.url("a")), target) is None
    target.unlink()
    assert attempt(remote(server.url("a"), known_hash=None, check=complains), target) is None
    target.unlink()
    assert attempt(remote(server.url("a"), known_hash=None, size=300_000), target) is None
    target.unlink()
    served.cuts = [100_000]
    assert attempt(remote(server.url("a")), target) is None
    target.unlink()
    assert "length" in attempt(remote(server.url("a"), known_hash=None), target)


@pytest.mark.parametrize("cuts", [(), [5_000], [100_000, 150_000]])
def test_a_compressed_answer_is_not_taken_for_the_file(server, target, cuts):
    content = b"{" + b'"name": 1, ' * 30_000 + b"}"
    server.put("a", content, encoded="gzip", cuts=list(cuts))
    assert attempt(remote(server.url("a"), content=content), target, content) is None
    assert all(request.headers["Accept-Encoding"] == "identity" for request in server.requests)


@pytest.mark.parametrize("known", [{}, {"known_hash": None, "size": 300_000}])
def test_a_gz_file_that_a_server_calls_encoded_stays_as_it_is(server, target, known):
    server.put("a.gz", CONTENT, encoded="label", cuts=[1000])
    wanted = remote(server.url("a.gz"), path="datasets/a.gz", **known)
    assert attempt(wanted, target) is None


# Slow and silent servers


@pytest.mark.parametrize("where", [-1, 0, 100_000])
def test_a_server_that_hangs_is_left(server, target, where):
    server.put("one", CONTENT, hang_at=where)
    server.put("two", CONTENT)
    hasty = replace(QUICK, silence=0.2, attempts=2)
    began = time.monotonic()
    assert attempt(remote(server.url("one")), target, patience=hasty)
    assert time.monotonic() - began < 8
    assert attempt(remote(server.url("one"), server.url("two")), target, patience=hasty) is None


def test_a_stall_is_overcome_where_it_left_off(server, target):
    served = server.put("a", CONTENT, hang_at=100_000)
    served.first = []
    hasty = replace(QUICK, silence=0.2, attempts=1)
    assert "out" in attempt(remote(server.url("a")), target, patience=hasty)
    served.hang_at = None
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == 100_000


def test_a_slow_drip_is_left(server, target):
    server.put("one", CONTENT, drip=(10, 0.01))
    server.put("two", CONTENT)
    hasty = replace(QUICK, slowest=5000, window=0.3)
    message = attempt(remote(server.url("one")), target, patience=hasty)
    assert "too slow" in message and ".part" in message
    assert attempt(remote(server.url("one"), server.url("two")), target, patience=hasty) is None


def test_waiting_for_a_busy_server_is_not_taken_for_a_drip(server, target):
    server.put("a", CONTENT[:1000], first=[(503, {"Retry-After": "60"})] * 2)
    strict = replace(QUICK, longest=0.6, slowest=1e9, window=1)
    wanted = remote(server.url("a"), content=CONTENT[:1000])
    assert attempt(wanted, target, CONTENT[:1000], patience=strict) is None


def test_a_byte_at_each_request_is_a_drip_too(server, target):
    server.put("a", CONTENT, cuts=lambda start: start + 1)
    hasty = replace(QUICK, slowest=50_000, window=0.3)
    assert "too slow" in attempt(remote(server.url("a")), target, patience=hasty)


# No network


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def black_hole():
    """Yield a port that answers nothing, not even that it is closed."""
    with socket.socket() as one, socket.socket() as first, socket.socket() as second:
        one.bind(("127.0.0.1", 0))
        one.listen(0)
        for waiting in (first, second):  # the queue is full now
            waiting.setblocking(False)
            waiting.connect_ex(one.getsockname())
        yield one.getsockname()[1]


def test_no_network_at_all_ends_soon_with_the_way_out(target):
    port = closed_port()
    urls = [f"http://127.0.0.1:{port}/a", "https://nowhere.invalid/photos.zip"]
    began = time.monotonic()
    message = attempt(remote(*urls), target, patience=PATIENCE)
    assert time.monotonic() - began < 12
    assert all(url in message for url in urls)
    assert "refused" in message and str(target) in message and "COURSE_MIRROR" in message
    assert "online" in message


@pytest.mark.skipif(sys.platform != "linux", reason="how full queues answer differs")
def test_a_network_that_swallows_everything_ends_soon(target):
    hasty = replace(QUICK, connect=0.5, offline=1)
    with black_hole() as port:
        urls = [f"http://127.0.0.1:{port}/{name}" for name in "abcdef"]
        began = time.monotonic()
        message = attempt(remote(*urls), target, patience=hasty)
    assert time.monotonic() - began < 5
    assert all(url in message for url in urls) and "no answer from anywhere" in message


def test_a_short_absence_of_the_network_is_overcome(target):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with ThreadPoolExecutor() as pool:
        patient = replace(QUICK, attempts=20, backoff=0.1, longest=0.1, offline=20)
        waiting = pool.submit(
            attempt, remote(f"http://127.0.0.1:{port}/a"), target, patience=patient
        )
        time.sleep(0.3)
        with FaultServer(port=port) as server:
            server.put("a", CONTENT)
            assert waiting.result() is None


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", "http://", "http://[bad", "nonsense"])
def test_an_address_that_is_none_is_named(target, url):
    assert url in attempt(remote(url), target)


def test_a_secure_connection_that_is_none_is_told(server, target):
    server.put("a", CONTENT)
    url = server.url("a").replace("http:", "https:")
    message = attempt(remote(url), target)
    assert "SSL" in message


# Proxies


def test_a_proxy_from_the_environment_is_used(server, target, monkeypatch):
    server.put("a", CONTENT, cuts=[100_000])
    port = server.server.server_port
    with Proxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert attempt(remote(f"http://photos.invalid:{port}/a"), target) is None
        assert ("GET", f"http://photos.invalid:{port}/a") in proxy.seen
        target.unlink()
        seen = len(proxy.seen)
        assert attempt(remote(server.url("a")), target) is None
        assert len(proxy.seen) == seen, "no_proxy names 127.0.0.1"


def test_a_proxy_that_is_off_is_told(target, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    message = attempt(remote("http://photos.invalid/a"), target)
    assert "refused" in message and "http_proxy" in message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    command += " -addext subjectAltName=IP:127.0.0.1 -keyout - -out -"
    done = subprocess.run(command.split(), capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


def test_a_certificate_that_nobody_knows_is_told_at_once(certificate, target):
    with FaultServer(certificate) as server, FaultServer() as plain:
        server.put("a", CONTENT)
        plain.put("a", CONTENT)
        began = time.monotonic()
        message = attempt(remote(server.url("a")), target, patience=PATIENCE)
        assert time.monotonic() - began < 2
        assert "certificate" in message
        assert server.requests == []
        assert attempt(remote(server.url("a"), plain.url("a")), target) is None


def test_a_secure_file_comes_through_a_proxy(certificate, target, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("no_proxy", "")
    with FaultServer(certificate) as server, Proxy() as proxy:
        server.put("a", CONTENT, cuts=[100_000])
        monkeypatch.setenv("https_proxy", proxy.url)
        assert attempt(remote(server.url("a")), target) is None
        assert proxy.seen[0] == ("CONNECT", f"127.0.0.1:{server.server.server_port}")


# Mirrors and files on this machine


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "a mirror"
    (path / "datasets").mkdir(parents=True)
    (path / "datasets" / TARGET).write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("form", [str, Path, Path.as_uri])
def test_a_folder_serves_as_mirror_before_any_address(server, target, folder, form, monkeypatch):
    assert attempt(remote(server.url("a")), target, mirror=form(folder)) is None
    target.unlink()
    monkeypatch.setenv("COURSE_MIRROR", str(form(folder)))
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_server_serves_as_mirror_before_any_address(server, target, slash):
    server.put("class/datasets/photos.zip", CONTENT, cuts=[1000])
    mirror = server.url("class") + slash
    assert attempt(remote(server.url("a")), target, mirror=mirror) is None
    assert not server.asked("a")


def test_a_mirror_that_lacks_the_file_leads_to_the_addresses(server, target, tmp_path):
    server.put("a", CONTENT)
    for mirror in (server.url("class"), tmp_path / "none", f"http://127.0.0.1:{closed_port()}"):
        assert attempt(remote(server.url("a")), target, mirror=mirror) is None
        target.unlink()


def test_a_file_address_is_copied_and_checked(folder, target):
    url = (folder / "datasets" / TARGET).as_uri()
    assert attempt(remote(url), target) is None
    target.unlink()
    message = attempt(remote(url, content=OTHER), target)
    assert "a%20mirror" in message
    (folder / "datasets" / TARGET).write_bytes(b" <html>saved by a browser</html>")
    assert "web page" in attempt(remote(url), target)
    (folder / "datasets" / TARGET).unlink()
    assert "No such file" in attempt(remote(url), target)
    (folder / "datasets" / TARGET).mkdir()
    assert "irectory" in attempt(remote(url), target)


@pytest.mark.parametrize("served", [False, True])
@pytest.mark.parametrize("line", ["{}  {}", "{} *{}", "{}  ./{}", "{}  {}\r"])
def test_the_hashes_of_a_mirror_count_where_none_is_published(server, target, folder, line, served):
    listed = hashlib.sha256(CONTENT).hexdigest()
    text = "\ufeff" + "0" * 64 + "  other.zip\n" + line.format(listed, "datasets/photos.zip") + "\n"
    (folder / "SHA256SUMS").write_text(text, encoding="utf-8", newline="")
    server.put("SHA256SUMS", text.encode(), first=[(503, {})])
    server.put("datasets/photos.zip", CONTENT)
    server.put("a", OTHER)
    mirror = server.url("") if served else folder
    wanted = remote(server.url("a"), known_hash=None)
    assert attempt(wanted, target, mirror=mirror) is None
    target.unlink()
    (folder / "datasets" / TARGET).write_bytes(OTHER)
    server.put("datasets/photos.zip", OTHER)
    assert attempt(wanted, target, content=OTHER, mirror=mirror) is None, "by its own address"
    assert server.asked("a")


@pytest.mark.parametrize("status", [None, 403, 404])
def test_a_mirror_without_hashes_serves_too(server, target, folder, status):
    server.put("datasets/photos.zip", CONTENT)
    if status:
        server.put("SHA256SUMS", b"", first=[(status, {})])
    mirror = server.url("") if status else folder
    wanted = remote(server.url("a"), known_hash=None)
    assert attempt(wanted, target, mirror=mirror) is None
    assert not server.asked("a")


def test_the_published_hash_outweighs_the_mirrors(server, target, folder):
    (folder / "SHA256SUMS").write_text("0" * 64 + "  datasets/photos.zip\n")
    assert attempt(remote(server.url("a")), target, mirror=folder) is None


def test_no_message_shows_a_password(server, target):
    mirror = server.url("class").replace("http://", "http://anna:secret@")
    server.put("class/datasets/photos.zip", CONTENT, cuts=lambda start: 1000)
    message = attempt(remote(server.url("a")), target, mirror=mirror)
    assert "secret" not in message and server.url("class") in message
    assert "secret" not in target.with_name(f"{TARGET}.part.json").read_text()


def test_verify_names_what_is_wrong(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(ValueError, match="cannot be read"):
        verify(path, remote())
    path.write_bytes(CONTENT)
    verify(path, remote(size=len(CONTENT), check=complains))
    with pytest.raises(ValueError, match="300,000 bytes instead of 7"):
        verify(path, remote(size=7))
    with pytest.raises(ValueError, match="sha256"):
        verify(path, remote(content=OTHER))
    path.write_bytes(OTHER)
    with pytest.raises(ValueError, match="no photos inside"):
        verify(path, remote(content=OTHER, check=complains))


# Other processes


RUNNER = """
import json, os, sys
from pathlib import Path
import tqdm.auto
from course_utils.data.download import Patience, Remote, fetch
from course_utils.errors import CourseError
task = json.loads(sys.argv[1])
if task.get("limit"):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (task["limit"], task["limit"]))
if task.get("nobody"):
    try:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    except PermissionError:
        pass  # a root without rights is held to them like anybody else
remote = Remote("datasets/photos.zip", tuple(task["urls"]), "the photos", task["hash"])
if task.get("any"):
    remote = Remote(*[*vars(remote).values()][:3], check=lambda path: None)
try:
    print("ready", flush=True)
    fetch(remote, task["target"], patience=Patience(**task["patience"]))
    print("whole")
except CourseError as error:
    print(error)
    sys.exit(3)
"""


def start(target, *urls, stderr=subprocess.PIPE, **more):
    """Begin a fetch in a process of its own."""
    task = {"urls": urls, "target": str(target), "hash": sha256(CONTENT)} | more
    task["patience"] = {**vars(QUICK), "silence": 20}
    command = [sys.executable, "-c", RUNNER, json.dumps(task)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)


def ended(process):
    """Return the exit status and what was printed; a process never shows a traceback."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in (err or ""), err
    return process.returncode, out


@pytest.mark.parametrize("count", [2, 8])
def test_processes_that_start_together_download_once(server, target, count):
    served = server.put("a", CONTENT, hang_at=200_000)
    processes = [start(target, server.url("a")) for _ in range(count)]
    said = [[process.stdout.readline(), process.stdout.readline()] for process in processes]
    assert sum("waiting" in line for _, line in said) == count - 1, "all are there"
    served.hang_at = None
    server.release()
    assert [ended(process) for process in processes] == [(0, "whole\n")] * count
    assert target.read_bytes() == CONTENT
    assert sum(request.sent for request in server.requests) == len(CONTENT)


def test_threads_that_start_together_download_once(server, target):
    server.put("a", CONTENT, drip=(100_000, 0.05))
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(fetch, remote(server.url("a")), target, patience=QUICK) for _ in range(4)
        ]
    assert [job.result() for job in jobs] == [target] * 4
    assert target.read_bytes() == CONTENT and len(server.requests) == 1


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_kill_9_in_download_leaves_a_part_that_the_next_run_continues(server, target):
    served = server.put("a", CONTENT, hang_at=200_000)
    process = start(target, server.url("a"))
    part = target.with_name(f"{TARGET}.part")
    wait_until(lambda: part.exists() and part.stat().st_size == 200_000)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not target.exists() and part.exists()
    served.hang_at = None
    assert attempt(remote(server.url("a")), target) is None, "the lock went with the process"
    assert server.requests[-1].start == 200_000


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_passes_through_and_keeps_the_part(server, target):
    served = server.put("a", CONTENT, hang_at=200_000)
    process = start(target, server.url("a"))
    part = target.with_name(f"{TARGET}.part")
    wait_until(lambda: part.exists() and part.stat().st_size == 200_000)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in err
    assert not target.exists() and part.stat().st_size == 200_000
    served.hang_at = None
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == 200_000


def wait_until(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


# Disks


@pytest.mark.skipif(os.name == "nt", reason="limits of a process")
@pytest.mark.parametrize("limit", [100_000, 299_990])
def test_a_disk_that_takes_no_more_is_told(server, target, limit):
    """A limit on the size of files, which any user may set: the write fails in mid-download."""
    server.put("a", CONTENT)
    status, out = ended(start(target, server.url("a"), limit=limit))
    assert status == 3 and "COURSE_HOME" in out and "the photos" in out
    assert os.strerror(errno.EFBIG) in out and len(server.requests) == 1
    assert not target.exists()
    assert target.with_name(f"{TARGET}.part").stat().st_size == limit
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == limit


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 KiB, where this user may make one."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(path)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here; the test with a limit covers the same code")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.mark.parametrize("size", [None, 10**15])
def test_a_file_larger_than_any_disk_is_told_before_the_download(server, target, size):
    server.put("a", CONTENT, declared=10**15)
    message = attempt(remote(server.url("a"), size=size), target)
    assert "953,674,316.4 MiB" in message and "free" in message and "COURSE_HOME" in message
    assert os.listdir(target.parent) == [f"{TARGET}.lock"] and len(server.requests) == 1


def test_a_disk_without_room_is_told_before_the_download(server, small_disk):
    server.put("a", CONTENT, most=1000)
    message = attempt(remote(server.url("a")), small_disk / TARGET)
    assert "0.3 MiB" in message and "0.2 MiB free" in message and "COURSE_HOME" in message
    assert server.requests[0].sent <= len(CONTENT) and os.listdir(small_disk) == [f"{TARGET}.lock"]
    message = attempt(remote(), small_disk / TARGET, mirror=folder_with(small_disk.parent))
    assert "0.3 MiB" in message


def folder_with(path):
    (path / "datasets").mkdir()
    (path / "datasets" / TARGET).write_bytes(CONTENT)
    return path


def test_a_disk_that_fills_in_mid_download_is_told(server, small_disk):
    server.put("a", CONTENT, length="chunked")
    message = attempt(remote(server.url("a")), small_disk / TARGET)
    assert os.strerror(errno.ENOSPC) in message and "COURSE_HOME" in message
    assert (small_disk / f"{TARGET}.part").stat().st_size > 100_000


@contextmanager
def read_only(folder):
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("there", [True, False])
def test_a_read_only_cache(server, there):
    """A class's shared folder. root may write anywhere, so root gives its rights up first."""
    server.put("a", CONTENT)
    nobody = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        cache = Path(place) / "cache"
        cache.mkdir()
        if there:
            (cache / TARGET).write_bytes(CONTENT)
        with read_only(cache):
            status, out = ended(start(cache / TARGET, server.url("a"), nobody=nobody))
        if there:
            assert (status, out.split()) == (0, ["ready", "whole"])
        else:
            assert status == 3 and "COURSE_HOME" in out and str(cache / TARGET) in out
        assert os.listdir(cache) == [TARGET] * there
        assert server.requests == []
