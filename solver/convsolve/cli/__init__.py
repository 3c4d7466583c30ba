"""The command line: words in, tables and records out. What a question means is decided elsewhere."""
