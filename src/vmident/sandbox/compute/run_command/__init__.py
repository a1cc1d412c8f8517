"""Run Command on VMs and on instances: as an action, and managed. No script is ever run."""
