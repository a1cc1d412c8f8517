"""Extensions of VMs."""
