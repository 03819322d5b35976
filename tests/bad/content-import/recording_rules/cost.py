"""A module that raises."""

BUDGET = 1 / 0
