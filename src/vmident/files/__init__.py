"""Files that people and pipelines keep: desired-state files and saved plans."""
