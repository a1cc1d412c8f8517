"""Files that people and pipelines keep: the description of what VMs are to have, and saved plans."""
