"""Checks of a solution: by integers, and by running it in torch."""
