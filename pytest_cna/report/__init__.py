"""The report of a run: its data types, files and page."""
