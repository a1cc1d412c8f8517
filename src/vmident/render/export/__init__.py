"""The text files of exports."""
