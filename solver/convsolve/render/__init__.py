"""Answers and traces as a person reads them, and as the next program does."""
