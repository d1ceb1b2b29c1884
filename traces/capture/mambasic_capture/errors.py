"""What goes wrong because of what the user gave."""


class CaptureError(Exception):
    """One line that says what is wrong and what would be right; ends the program with status 2."""
