"""What goes wrong because of what the user gave."""


class CaptureError(Exception):
    """One line that says what is wrong and what would be right; ends the program with status 2."""


def first_line(error: Exception) -> str:
    """What another library says, in one line; its kind where it says nothing. A line that ends in a colon
    is but a heading."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    heading = lines[0].endswith(":") and len(lines) > 1
    return f"{lines[0]} {lines[1]}" if heading else lines[0]
