"""Time the drawing of toy pictures on one core: python tests/benchmarks/toys_speed.py [N]."""

import sys
import time

from course_utils.data.toys import pets, zoo


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for dataset, name in ((pets, "toy pets"), (zoo, "toy zoo")):
        for size in (64, 96):
            dataset.make(40, size)
            started = time.perf_counter()
            dataset.make(count, size, seed=1)
            rate = count / (time.perf_counter() - started)
            print(f"{name}, {size} x {size}: {rate:.0f} pictures/s on one core")


if __name__ == "__main__":
    main()
