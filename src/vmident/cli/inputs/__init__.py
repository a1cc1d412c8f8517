"""What was typed, as checked values."""
