"""Time the drawing of toy pictures on one core: python tests/benchmarks/toys_speed.py [N]."""

import sys
import time

from course_utils.data.toys import pets, zoo


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for dataset, name in ((pets, "toy pets"), (zoo, "toy zoo")):
        for size in (64, 96):
            dataset.make(40, size)
            started, started_cpu = time.perf_counter(), time.process_time()
            dataset.make(count, size, seed=1)
            rate = count / (time.perf_counter() - started)
            rate_cpu = count / (time.process_time() - started_cpu)  # fair on a busy machine
            print(
                f"{name}, {size} x {size}: {rate:.0f} pictures/s on one core, "
                f"{rate_cpu:.0f} per second of processor time"
            )


if __name__ == "__main__":
    main()
