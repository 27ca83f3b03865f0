"""Measure greekslab beside other ways of doing the same work: ``python -m benchmarks`` (or ``make bench``)."""
