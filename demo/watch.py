"""Waiting for what a machine says, with progress, as a step of the demo."""

import contextlib

from steps import StepFailed, progress

PANIC = "Kernel panic.*"
LOGIN = r"^.*login:"


@contextlib.contextmanager
def console_of(log):
    """Shows how the console's log goes on; what the machine did wrong fails the step."""
    from console import ConsoleError  # tests/support, which boot.py adds to the path

    try:
        with progress(log):
            yield
    except ConsoleError as error:
        raise StepFailed(str(error)) from None
