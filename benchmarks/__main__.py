"""Run the benchmarks, print them as tables, and write them to benchmarks/results/.

All of them: ``python -m benchmarks``. Some of them: ``python -m benchmarks revaluation pricing``.
"""

import argparse
import importlib
import os

from benchmarks.results import write

# One thread each, before NumPy is loaded: CPU times are to be compared, not numbers of cores.
for _name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "RAYON", "VECLIB_MAXIMUM"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"

SUBJECTS = ("kernels", "revaluation", "pricing", "compiled", "exposure", "accounts", "imports", "notebooks", "slider")


def main():
    """Run what was asked for, one subject after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure greekslab beside others.")
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"some of {', '.join(SUBJECTS)}")
    subjects = parser.parse_args().subjects or SUBJECTS
    for subject in subjects:
        if subject not in SUBJECTS:
            parser.error(f"subject is {subject}: choose from {', '.join(SUBJECTS)}")
        tables = importlib.import_module(f"benchmarks.{subject}").measure()
        for table in tables:
            print(f"\n{table}\n", flush=True)
        print(f"written to {write(subject, tables)}", flush=True)


if __name__ == "__main__":
    main()
