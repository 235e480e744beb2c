"""Seconds and memory of a folder of one's own, from the listing to a trained head, as it grows.

Run it as ``python tests/benchmarks/scale.py``, or with ``--counts 2000 100000``. The pictures are
drawn first, small JPEGs in a temporary folder. Each count is measured in a fresh process:

list      find classes, splits and files
decode    all pictures into the arrays that lessons read (`datasets.load`)
again     the same, found in the cache
extract   the output of minivgg for every picture, kept on disk
train     a head on it, one epoch
report    look for bad and repeated files

Memory is what the process holds for itself (anonymous; Linux only, elsewhere everything it holds),
above what it held after loading TensorFlow: pages of files that are mapped, and that the system can
take back at any time, do not count, but for the last column, which has everything. The last rows
show the exponent with which the seconds grow (1 is linear), and what each further picture takes.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import psutil
from PIL import Image

from course_utils.data import datasets, folders

STEPS = ("list", "decode", "again", "extract", "train", "report")
CLASSES = ("hills", "waves")


def draw(place, number):
    """Write one small JPEG of soft random light, in finer spots for the second class."""
    rng = np.random.default_rng(number)
    label = number % 2
    coarse = rng.integers(0, 256, (6 + 6 * label, 8 - 4 * label, 3)).astype(np.uint8)
    picture = Image.fromarray(coarse).resize((96, 72), Image.Resampling.BICUBIC)
    picture.save(place / CLASSES[label] / f"{number:06d}.jpg", quality=90)


def draw_folder(place, count):
    for name in CLASSES:
        (place / name).mkdir(parents=True)
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda number: draw(place, number), range(count)):
            pass


def held():
    """Return the bytes that this process holds for itself."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return psutil.Process().memory_info().rss
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def most_in_all():
    """Return the most bytes that this process had in memory, mapped files included."""
    try:
        import resource
    except ImportError:
        return psutil.Process().memory_info().peak_wset
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@contextmanager
def measured(name, into, base):
    """Note the seconds of a step and the most that it held above `base`."""
    peak, done = held(), threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, held())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - started
        done.set()
        watcher.join()
    into[name] = {"seconds": seconds, "bytes": max(peak, held()) - base}


def measure(folder, size):
    """Do all steps once and return what each took."""
    import keras

    from course_utils.data import inspect
    from course_utils.models import backbones, features

    found = {}
    network = backbones.load("minivgg", size)
    network.trainable = False
    inputs = keras.Input(network.output_shape[1:])
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    head = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
    head.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    few = np.zeros((64, size, size, 3), np.uint8)
    # Once before, so that what TensorFlow builds for itself is there.
    train(head, features.extract(network, few, cache=False), np.arange(64) % 2)
    base = held()
    with measured("list", found, base):
        folders.list_folder(folder)
    with measured("decode", found, base):
        loaded = datasets.load("quick", folder, size)
    del loaded
    with measured("again", found, base):
        loaded = datasets.load("quick", folder, size)
    with measured("extract", found, base):
        splits = (loaded.train, loaded.validation, loaded.test)
        seen = [features.extract(network, split.images) for split in splits]
    with measured("train", found, base):
        train(head, seen[0], loaded.train.labels)
    del loaded, splits, seen
    with measured("report", found, base):
        report = inspect.inspect_folder(folder)
    assert not report.unreadable
    return found | {"in all": most_in_all()}


def train(head, features_of, labels):
    from course_utils.models.features import view_dataset

    head.fit(view_dataset(features_of[None], labels, batch_size=32), shuffle=False, verbose=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[2000, 8000, 32000])
    parser.add_argument(
        "--size", type=int, default=64, help="side in pixels, as the lessons see it"
    )
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.size)))
        return
    results = {}
    for count in options.counts:
        with tempfile.TemporaryDirectory() as place:
            started = time.perf_counter()
            draw_folder(Path(place) / "drawn", count)
            print(f"{count:,} pictures drawn in {time.perf_counter() - started:.0f} s", flush=True)
            command = [sys.executable, __file__, "--measure", Path(place) / "drawn"]
            done = subprocess.run(
                [*command, "--size", str(options.size)],
                env={**os.environ, "COURSE_HOME": str(Path(place) / "home")},
                stdout=subprocess.PIPE,
                check=True,
            )
            results[count] = json.loads(done.stdout.splitlines()[-1])
    tell(results)


def tell(results):
    """Print a table of seconds and one of memory, with how both grow."""
    head = "".join(f"{step:>10}" for step in STEPS)
    print(f"\n{'seconds':<18}{head}")
    for count, found in results.items():
        print(f"{count:<18,}" + "".join(f"{found[step]['seconds']:>10.2f}" for step in STEPS))
    few, many = min(results), max(results)
    if few < many:
        ratios = {s: results[many][s]["seconds"] / results[few][s]["seconds"] for s in STEPS}
        powers = {s: math.log(ratio) / math.log(many / few) for s, ratio in ratios.items()}
        print(f"{'exponent':<18}" + "".join(f"{powers[step]:>10.2f}" for step in STEPS))
    print(f"\n{'MB held, at most':<18}{head}{'in all':>10}")
    for count, found in results.items():
        row = [found[step]["bytes"] for step in STEPS] + [found["in all"]]
        print(f"{count:<18,}" + "".join(f"{size / 1e6:>10.0f}" for size in row))
    if few < many:
        more = {s: results[many][s]["bytes"] - results[few][s]["bytes"] for s in STEPS}
        row = "".join(f"{more[step] / (many - few):>10,.0f}" for step in STEPS)
        print(f"{'bytes a picture':<18}{row}")


if __name__ == "__main__":
    main()
