"""Downloads end in the right file or in one clear message, whatever the network does.

Real HTTP on loopback: see fault_server.py. No test mocks the network.
"""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from fault_server import FaultServer, Proxy
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.data import download
from course_utils.data.download import Remote, fault, fetch
from course_utils.errors import CourseError

CONTENT = random.Random(4).randbytes(300_000)
OTHER = random.Random(5).randbytes(300_000)
QUICK = {"TIMEOUT": (2, 5), "OFFLINE": 1, "ATTEMPTS": 3, "BACKOFF": 0.001, "LONGEST": 0.3}
TARGET = "photos.zip"
posix = pytest.mark.skipif(os.name == "nt", reason="needs what only POSIX has")


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def remote(*urls, content=CONTENT, **changes):
    """Return a remote with a hash, unless told otherwise."""
    known = Remote("datasets/photos.zip", urls, "the photos", sha256(content))
    return replace(known, **changes)


def complains(path):
    """A check that knows the content."""
    if path.read_bytes() != CONTENT:
        raise LookupError("no photos inside")


def checked(*urls):
    """Return a remote without a hash, whose content decides."""
    return remote(*urls, known_hash=None, check=complains)


def attempt(wanted, target, content=CONTENT, mirror=None):
    """Fetch a file, and return None or the one message.

    This is what each test rests on: under the final name stands the right file, whole, or none;
    beside it lie only the lock and, after a failure, what the next run goes on with.
    """
    target, message = Path(target), None
    try:
        assert fetch(wanted, target, mirror) == target
    except CourseError as error:
        message = str(error)
    extra = {f"{target.name}.lock"}
    if message is None:
        assert target.read_bytes() == content
    else:
        assert not target.exists()
        extra |= {f"{target.name}.part"}
        assert TARGET in message
        assert any(way in message for way in ("COURSE_MIRROR", "COURSE_HOME"))
        assert max(map(len, message.splitlines())) < 600
    if target.parent.exists():
        assert set(os.listdir(target.parent)) <= extra | {target.name}
    return message


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy, mirror or terminal of the machine that runs the tests, and little patience."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "COURSE_MIRROR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    for name, value in QUICK.items():
        monkeypatch.setattr(download, name, value)


@pytest.fixture
def server():
    with FaultServer() as one:
        yield one


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / TARGET


@pytest.fixture
def waits(monkeypatch):
    """The seconds that were to be waited, without the waiting."""
    seconds = []
    monkeypatch.setattr(download.time, "sleep", seconds.append)
    return seconds


# The plain way


def test_a_file_comes_whole_and_is_not_asked_for_again(server, target, capsys):
    server.put("a", CONTENT)
    server.redirect("moved", server.url("a"))
    md5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
    for wanted in (remote(server.url("moved")), remote(server.url("a"), known_hash=md5)):
        assert attempt(wanted, target) is None
        told = capsys.readouterr()
        assert (told.out, told.err) == ("Fetching the photos.\n", "")
        asked = len(server.requests)
        assert attempt(wanted, target) is None
        assert capsys.readouterr().out == "" and len(server.requests) == asked
        target.unlink()


def test_a_wrong_file_under_the_final_name_is_replaced_by_nothing_but_a_right_one(server, target):
    server.put("a", CONTENT)
    target.parent.mkdir()
    target.write_bytes(OTHER)
    with pytest.raises(CourseError, match="404.*(?s:.)*no other file was touched"):
        fetch(remote(server.url("gone")), target)
    assert target.read_bytes() == OTHER
    assert attempt(remote(server.url("a")), target) is None


# Connections that break


def test_sixty_cuts_in_one_download(server, target):
    cuts = sorted(random.Random(0).sample(range(1, len(CONTENT)), 60))
    for wanted in (remote(server.url("a")), checked(server.url("a"))):
        server.put("a", CONTENT, cuts=list(cuts))
        server.requests.clear()
        assert attempt(wanted, target) is None
        assert [request.start for request in server.requests] == [0, *cuts]
        assert sum(request.sent for request in server.requests) == len(CONTENT), "none came twice"
        target.unlink()


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 5000),
    cuts=st.lists(st.integers(0, 5000), max_size=12),
    faults=st.fixed_dictionaries(
        {
            "ranges": st.booleans(),
            "etag": st.sampled_from(['"one"', 'W/"one"', None]),
            "most": st.none() | st.integers(500, 3000),
            "length": st.sampled_from(["told", "chunked"]),
            "reset": st.booleans(),
        }
    ),
)
def test_any_list_of_cuts_ends_in_the_right_file(size, cuts, faults):
    content = CONTENT[:size]
    with (
        pytest.MonkeyPatch.context() as patch,
        FaultServer() as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        patch.setattr(download, "ATTEMPTS", 14)
        server.put("a", content, cuts=list(cuts), **faults)
        wanted = remote(server.url("a"), content=content)
        assert attempt(wanted, Path(folder) / "x" / TARGET, content) is None
        ends = {0}
        for request in server.requests:
            if not faults["reset"]:
                assert request.start in ends, "on where a connection broke, or from the start"
            ends.add(request.begin + request.sent)


def test_a_server_that_ignores_range_is_asked_from_the_first_byte(server, target):
    served = server.put("a", CONTENT, ranges=False, cuts=[100_000, 200_000])
    assert attempt(remote(server.url("a")), target) is None
    assert [request.start for request in server.requests] == [0, 100_000, 200_000]
    assert server.requests[-1].sent == len(CONTENT)
    target.unlink()
    served.cuts = lambda start: 100_000
    assert "connection broke" in attempt(remote(server.url("a")), target), "left in the end"


def test_a_part_is_continued_by_the_next_run_and_from_another_address(server, target):
    served = server.put("one", CONTENT, cuts=lambda start: 123_456)
    message = attempt(remote(server.url("one")), target)
    assert "123,456 bytes are kept" in message and f"{target}.part" in message
    served.cuts = ()
    assert attempt(remote(server.url("one")), target) is None
    assert server.requests[-1].start == 123_456
    target.unlink()
    served.cuts = lambda start: 100_000
    server.put("two", CONTENT, etag='"another"')
    assert attempt(remote(server.url("one"), server.url("two")), target) is None
    assert [request.start for request in server.asked("two")] == [100_000]


def test_without_a_hash_no_other_run_or_address_continues_a_part(server, target):
    server.put("one", OTHER, cuts=lambda start: 100_000)
    server.put("two", CONTENT)
    assert "Nothing was kept" in attempt(checked(server.url("one")), target)
    target.with_name(f"{TARGET}.part").write_bytes(OTHER[:50_000])  # as kill -9 leaves it
    assert attempt(checked(server.url("one"), server.url("two")), target) is None
    assert [request.start for request in server.asked("two")] == [0]


@pytest.mark.parametrize("size", [1000, 300_000, 400_000])
def test_a_part_of_another_file_is_thrown_away(server, target, size):
    """Also a whole one, and one longer than the file, which the server answers with 416."""
    target.parent.mkdir()
    target.with_name(f"{TARGET}.part").write_bytes(random.Random(6).randbytes(size))
    server.put("a", CONTENT)
    assert attempt(remote(server.url("a")), target) is None


def test_a_whole_part_needs_no_second_download(server, target):
    """As after a kill between the last byte and the check."""
    target.parent.mkdir()
    target.with_name(f"{TARGET}.part").write_bytes(CONTENT)
    server.put("a", CONTENT)
    assert attempt(remote(server.url("a")), target) is None
    assert [request.status for request in server.requests] == [416]


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [('"one"', '"two"'), ('W/"one"', 'W/"one"'), (None, None), ('"one"', None)],
    ids=["strong", "weak", "none", "none any more"],
)
def test_a_file_that_changes_between_two_requests_is_not_mixed(
    server, target, before, after, hashed
):
    def cut(start):
        first = not server.asked("a")[1:]
        served.content, served.etag = (OTHER, before) if first else (CONTENT, after)
        return 150_000 if first else len(CONTENT)

    served = server.put("a", CONTENT, cuts=cut)
    blind = replace(checked(server.url("a")), check=lambda path: None)
    assert attempt(remote(server.url("a")) if hashed else blind, target) is None


def test_a_file_that_changes_at_each_request_is_left(server, target):
    def cut(start):
        served.etag = f'"{random.random()}"'
        return 10_000

    served = server.put("a", CONTENT, cuts=cut)
    assert server.url("a") in attempt(checked(server.url("a")), target)
    assert len(server.requests) <= 8


def test_a_piece_from_another_position_is_not_used(server, target):
    server.put("a", CONTENT, cuts=[100_000], shift=7)
    assert attempt(remote(server.url("a")), target) is None
    assert [request.start for request in server.requests] == [0, 100_000, 0]


# Answers that are not the file


def test_a_refusal_leads_to_the_next_address_at_once(server, target, waits):
    refused = (401, 403, 404, 407, 410, 451, 501)
    urls = [server.url(str(status)) for status in refused]
    for status in refused:
        server.put(str(status), CONTENT, first=[(status, {})] * 2)
    message = attempt(remote(*urls), target)
    for status, url in zip(refused, urls, strict=True):
        assert f"{url}: {status}" in message
    assert str(target) in message and "COURSE_MIRROR" in message
    server.put("good", CONTENT)
    assert attempt(remote(*urls, server.url("good")), target) is None
    assert len(server.requests) == 2 * len(refused) + 1 and waits == []


def test_a_busy_server_is_asked_again_after_growing_waits(server, target, waits, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 8)
    busy = [(status, {}) for status in (408, 429, 500, 502, 503, 504)]
    server.put("a", CONTENT, first=list(busy))
    assert attempt(remote(server.url("a")), target) is None
    assert all(2**n <= 1000 * wait <= 2 * 2**n for n, wait in enumerate(waits))
    assert len(waits) == len(busy)
    target.unlink()
    server.put("a", CONTENT, first=busy * 9)
    assert server.url("a") in attempt(remote(server.url("a")), target)
    assert len(server.requests) == len(busy) + 1 + download.ATTEMPTS, "left in the end"


def test_retry_after_is_heeded_up_to_a_limit(server, target, waits):
    later = formatdate(time.time() + 3600, usegmt=True)
    answers = [(429, {"Retry-After": "3600"}), (503, {"Retry-After": later})]
    server.put("a", CONTENT, first=answers)
    assert attempt(remote(server.url("a")), target) is None
    assert waits == [download.LONGEST] * 2
    for odd in ("soon", "-5", formatdate(time.time() - 60, usegmt=True)):
        target.unlink()
        server.put("a", CONTENT, first=[(503, {"Retry-After": odd})])
        assert attempt(remote(server.url("a"), server.url("a")), target) is None


def test_a_log_in_page_is_told_and_does_not_cost_what_came_before(server, target, tmp_path):
    served = server.put("a", CONTENT, page=True)
    for wanted in (remote(server.url("a")), checked(server.url("a"))):
        message = attempt(wanted, target)
        assert "web page" in message and "log-in" in message and "Nothing was kept" in message
    served.page, served.cuts = False, lambda start: 100_000
    assert attempt(remote(server.url("a")), target)
    served.page = True
    assert "log-in" in attempt(remote(server.url("a")), target)
    served.page, served.cuts = False, ()
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == 100_000
    page = tmp_path / "datasets" / TARGET  # saved by a browser, and put on a stick
    page.parent.mkdir()
    page.write_bytes(b"\xef\xbb\xbf <html>Please log in</html>")
    target.unlink()
    assert "web page" in attempt(remote(server.url("gone")), target, mirror=tmp_path)


def test_a_redirect_loop_ends(server, target):
    server.redirect("a", server.url("b"))
    server.redirect("b", server.url("a"))
    message = attempt(remote(server.url("a"), server.url("gone")), target)
    assert "redirects" in message and "404" in message


# Wrong bytes, wrong lengths


@pytest.mark.parametrize("wrong", [OTHER, CONTENT[:-1], CONTENT + b"x", b""])
@pytest.mark.parametrize("make", [remote, checked])
def test_wrong_bytes_never_stay(server, target, make, wrong):
    server.put("one", wrong)
    server.put("two", CONTENT)
    assert attempt(make(server.url("one"), server.url("two")), target) is None
    target.unlink()
    message = attempt(make(server.url("one")), target)
    assert "newer one" in message and "Nothing was kept" in message
    assert not list(target.parent.glob("*.part"))


@pytest.mark.parametrize("make", [remote, checked])
def test_a_length_that_is_told_wrongly_is_noticed(server, target, make):
    served = server.put("a", CONTENT, declared=250_000)
    assert server.url("a") in attempt(make(server.url("a")), target)
    served.declared = 350_000  # then nothing is behind the last byte, and the content is right
    assert attempt(make(server.url("a")), target) is None


@pytest.mark.parametrize("length", ["chunked", "close"])
def test_an_unknown_length_is_fine(server, target, length):
    served = server.put("a", CONTENT, length=length)
    assert attempt(remote(server.url("a")), target) is None
    target.unlink()
    assert attempt(checked(server.url("a")), target) is None
    target.unlink()
    served.cuts = [100_000]
    assert attempt(remote(server.url("a"), server.url("a")), target) is None


def test_a_gz_file_that_a_server_calls_encoded_stays_as_it_is(server, target):
    server.put("a.gz", CONTENT, encoded="label", cuts=[1000])
    assert attempt(remote(server.url("a.gz")), target) is None
    assert all(request.headers["Accept-Encoding"] == "identity" for request in server.requests)


def test_a_fault_is_named(tmp_path):
    path = tmp_path / "a"
    assert "No such file" in fault(path, remote())
    path.write_bytes(CONTENT)
    assert fault(path, remote(size=len(CONTENT), check=complains)) is None
    assert "300,000 bytes instead of 7" in fault(path, remote(size=7))
    assert "sha256" in fault(path, remote(content=OTHER))
    path.write_bytes(OTHER)
    assert "no photos inside" in fault(path, remote(content=OTHER, check=complains))


# Silent servers, no network


@pytest.mark.parametrize("where", [-1, 0, 100_000])
def test_a_server_that_hangs_is_left(server, target, where, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (2, 0.2))
    served = server.put("one", CONTENT, hang_at=where)
    server.put("two", CONTENT)
    assert "timed out" in attempt(remote(server.url("one")), target)
    assert attempt(remote(server.url("one"), server.url("two")), target) is None
    assert server.asked("two")[0].start == max(where, 0)
    target.unlink()
    served.hang_at = None
    assert attempt(remote(server.url("one")), target) is None


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


def test_no_network_at_all_ends_soon_with_the_way_out(target, waits, monkeypatch):
    monkeypatch.undo()  # the patience of every day
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    monkeypatch.setattr(download.time, "sleep", waits.append)
    urls = [f"http://127.0.0.1:{closed_port()}/a", "https://nowhere.invalid/photos.zip"]
    message = attempt(remote(*urls), target)
    assert sum(waits) < 10
    assert all(url in message for url in urls) and "refused" in message
    assert "online" in message and str(target) in message and "COURSE_MIRROR" in message


@pytest.mark.skipif(sys.platform != "linux", reason="how full queues answer differs")
@pytest.mark.timeout(30)
def test_a_network_that_swallows_everything_ends_soon(target, monkeypatch, waits):
    monkeypatch.setattr(download, "TIMEOUT", (0.2, 60))
    monkeypatch.setattr(download, "ATTEMPTS", 10**9)
    with black_hole() as port:
        urls = [f"http://127.0.0.1:{port}/{name}" for name in "abc"]
        message = attempt(remote(*urls), target)
    assert all(f"{url}: timed out" in message for url in urls)


def test_a_short_absence_of_the_network_is_overcome(target, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 200)
    monkeypatch.setattr(download, "OFFLINE", 60)
    monkeypatch.setattr(download, "LONGEST", 0.05)
    port = closed_port()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(attempt, remote(f"http://127.0.0.1:{port}/a"), target)
        time.sleep(0.2)
        with FaultServer(port=port) as server:
            server.put("a", CONTENT)
            assert waiting.result() is None


def test_an_address_that_is_none_is_named(target):
    urls = ["ftp://127.0.0.1/a", "http://", "http://[bad", "nonsense"]
    message = attempt(remote(*urls), target)
    assert all(url in message for url in urls)


# Proxies and certificates


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
    target.unlink()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    message = attempt(remote("http://photos.invalid/a"), target)
    assert "refused" in message and "http_proxy" in message, "a proxy that is off is told"


@pytest.mark.slow
def test_certificates_count_and_secure_files_come_through_a_proxy(
    target, tmp_path, monkeypatch, waits
):
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    certificate = tmp_path / "both.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    command += " -addext subjectAltName=IP:127.0.0.1 -keyout - -out -"
    done = subprocess.run(command.split(), capture_output=True, check=True)
    certificate.write_bytes(done.stdout)
    monkeypatch.setattr(download, "OFFLINE", 60)
    with FaultServer(certificate) as server, FaultServer() as plain, Proxy() as proxy:
        server.put("a", CONTENT, cuts=[100_000])
        plain.put("a", CONTENT)
        assert "certificate" in attempt(remote(server.url("a")), target)
        assert "SSL" in attempt(remote(plain.url("a").replace("http:", "https:")), target)
        assert attempt(remote(server.url("a"), plain.url("a")), target) is None
        assert server.requests == [] and waits == [], "waiting does not help"
        target.unlink()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("https_proxy", proxy.url)
        assert attempt(remote(server.url("a")), target) is None
        assert proxy.seen[0] == ("CONNECT", f"127.0.0.1:{server.server.server_port}")


# Mirrors


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "a mirror"
    (path / "datasets").mkdir(parents=True)
    (path / "datasets" / TARGET).write_bytes(CONTENT)
    return path


def test_a_mirror_is_asked_before_any_address(server, target, folder, monkeypatch):
    server.put("class/datasets/photos.zip", CONTENT, cuts=[1000])
    for mirror in (str(folder), folder, server.url("class"), server.url("class") + "/"):
        assert attempt(remote(server.url("a")), target, mirror=mirror) is None
        target.unlink()
    monkeypatch.setenv("COURSE_MIRROR", str(folder))
    assert attempt(remote(server.url("a")), target) is None
    assert not server.asked("a")


def test_a_mirror_that_lacks_the_file_leads_to_the_addresses(server, target, tmp_path):
    server.put("a", CONTENT)
    target.parent.mkdir()
    for mirror in (server.url("class"), tmp_path / "none", f"http://127.0.0.1:{closed_port()}"):
        target.with_name(f"{TARGET}.part").write_bytes(CONTENT[:1000])
        assert attempt(remote(server.url("a")), target, mirror=mirror) is None
        assert server.requests[-1].start == 1000, "what came before is not lost by asking"
        target.unlink()


@pytest.mark.parametrize("make", [remote, checked])
def test_a_wrong_file_in_a_mirror_leads_to_the_addresses(server, target, folder, make):
    server.put("a", CONTENT)
    for wrong in (OTHER, CONTENT[:1000]):
        (folder / "datasets" / TARGET).write_bytes(wrong)
        server.put("class/datasets/photos.zip", wrong)
        for mirror in (folder, server.url("class")):
            assert attempt(make(server.url("a")), target, mirror=mirror) is None
            target.unlink()
    assert len(server.asked("a")) == 4


def test_no_message_shows_a_password(server, target):
    mirror = server.url("class").replace("http://", "http://anna:secret@")
    server.put("class/datasets/photos.zip", CONTENT, cuts=lambda start: 1000)
    message = attempt(remote(server.url("a")), target, mirror=mirror)
    assert "secret" not in message and server.url("class") in message


# Other processes


RUNNER = """
import json, os, sys
from course_utils.data import download
from course_utils.errors import CourseError
task = json.loads(sys.argv[1])
vars(download).update(task["patience"], TIMEOUT=(2, 60))
if task.get("limit"):
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (task["limit"], task["limit"]))
if task.get("nobody"):
    try:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    except PermissionError:
        pass  # a root without rights is held to them like anybody else
remote = download.Remote("datasets/photos.zip", tuple(task["urls"]), "the photos", task["hash"])
try:
    print("ready", flush=True)
    download.fetch(remote, task["target"], task.get("mirror"))
    print("whole")
except CourseError as error:
    print(error)
    sys.exit(3)
"""


def start(target, *urls, **more):
    """Begin a fetch in a process of its own."""
    task = {"urls": urls, "target": str(target), "hash": sha256(CONTENT)} | more
    task["patience"] = QUICK
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", RUNNER, json.dumps(task)], text=True, **pipes)


def ended(process):
    """Return the exit status and what was printed; a process never shows a traceback."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out


def wait_until(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.slow
def test_processes_that_start_together_download_once(server, target):
    served = server.put("a", CONTENT, hang_at=200_000)
    processes = [start(target, server.url("a")) for _ in range(4)]
    said = [[process.stdout.readline(), process.stdout.readline()] for process in processes]
    assert sum("waiting" in line for _, line in said) == len(processes) - 1, "all are there"
    served.hang_at = None
    server.release()
    assert [ended(process) for process in processes] == [(0, "whole\n")] * len(processes)
    assert target.read_bytes() == CONTENT
    assert sum(request.sent for request in server.requests) == len(CONTENT)


def test_threads_that_start_together_download_once(server, target):
    server.put("a", CONTENT, drip=(100_000, 0.05))
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(fetch, remote(server.url("a")), target) for _ in range(4)]
    assert [job.result() for job in jobs] == [target] * 4
    assert target.read_bytes() == CONTENT and len(server.requests) == 1


@posix
@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_what_a_killed_or_interrupted_run_got_is_continued(server, target, sent):
    served = server.put("a", CONTENT, hang_at=200_000)
    process = start(target, server.url("a"))
    part = target.with_name(f"{TARGET}.part")
    wait_until(lambda: part.exists() and part.stat().st_size == 200_000)
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0 and ("KeyboardInterrupt" in err) == (sent == signal.SIGINT)
    assert not target.exists() and part.stat().st_size == 200_000
    served.hang_at = None
    assert attempt(remote(server.url("a")), target) is None, "the lock went with the process"
    assert server.requests[-1].start == 200_000


# Disks


@posix
@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_told(server, target, folder):
    """A limit on the size of files, which any user may set: the write fails in mid-download."""
    server.put("a", CONTENT)
    status, out = ended(start(target, server.url("a"), limit=100_000))
    assert status == 3 and "COURSE_HOME" in out and TARGET in out
    assert os.strerror(errno.EFBIG) in out and len(server.requests) == 1
    status, out = ended(start(target, server.url("a"), limit=299_990, mirror=str(folder)))
    assert os.strerror(errno.EFBIG) in out and len(server.requests) == 1
    assert not target.exists()
    target.with_name(f"{TARGET}.part").write_bytes(CONTENT[:100_000])
    assert attempt(remote(server.url("a")), target) is None
    assert server.requests[-1].start == 100_000


def test_a_file_larger_than_any_disk_is_told_before_the_download(server, target):
    server.put("a", CONTENT, declared=10**15)
    message = attempt(remote(server.url("a")), target)
    assert "953,674,316 MiB" in message and "free" in message and "COURSE_HOME" in message
    assert os.listdir(target.parent) == [f"{TARGET}.lock"] and len(server.requests) == 1


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


def test_a_disk_that_is_too_small_or_fills_up_is_told(server, small_disk, folder):
    served = server.put("a", CONTENT)
    assert "COURSE_HOME" in attempt(remote(server.url("a")), small_disk / TARGET)
    assert "COURSE_HOME" in attempt(remote(), small_disk / TARGET, mirror=folder)
    assert os.listdir(small_disk) == [f"{TARGET}.lock"], "before a byte was written"
    served.length = "chunked"
    message = attempt(remote(server.url("a"), server.url("b")), small_disk / TARGET)
    assert "disk is full" in message and "COURSE_HOME" in message
    assert (small_disk / f"{TARGET}.part").stat().st_size > 100_000
    assert not server.asked("b"), "another address is no help"


@posix
@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_a_read_only_cache(server, there):
    """A class's shared folder. root may write anywhere, so root gives its rights up first."""
    server.put("a", CONTENT)
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        cache = Path(place) / "cache"
        cache.mkdir()
        if there:
            (cache / TARGET).write_bytes(CONTENT)
        cache.chmod(0o555)
        nobody = os.geteuid() == 0
        status, out = ended(start(cache / TARGET, server.url("a"), nobody=nobody))
        cache.chmod(0o755)
        if there:
            assert (status, out.split()) == (0, ["ready", "whole"])
        else:
            assert status == 3 and "COURSE_HOME" in out and str(cache / TARGET) in out
        assert os.listdir(cache) == [TARGET] * there
        assert server.requests == []
