"""Azure Policy: definitions, initiatives, assignments, remediations, and the evaluation of rules."""
