"""From a solution to torch: source text and modules."""
