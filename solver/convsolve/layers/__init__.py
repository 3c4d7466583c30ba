"""Layer kinds, one a file; `convsolve.registry` finds them by name."""
