"""Policy assignments: what they say, whom they act as, and which rules they bring."""
