"""Runs published cases through the package: load, dispatch, compare, report."""
