"""What the suite raises when the fault is the user's or the suite's own."""


class UsageError(Exception):
    """The user asked for what cannot be done. ``str(error)`` is one sentence; the CLI ends with exit code 2."""


class ScenarioError(Exception):
    """A scenario built no valid world. The verdict is ``suite-error``; the subject is not to blame."""


class NotReachedError(Exception):
    """A live world did not come about (a task did not start, a pod did not run). The verdict is ``inconclusive``."""
