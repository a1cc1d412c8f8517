"""Create a VM."""
