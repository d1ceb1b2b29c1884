"""What goes wrong because of what the user gave."""


class CaptureError(Exception):
    """One line that says what is wrong and what would be right; ends the program with status 2."""


def first_line(error: Exception) -> str:
    """What another library says, in one line; its kind where it says nothing."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
