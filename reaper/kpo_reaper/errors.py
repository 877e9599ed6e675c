"""What can go wrong, each said in one sentence for the person who runs the reaper."""


class ReaperError(Exception):
    """A part of the sweep failed; what rests on it is not deleted and the exit code is 1."""


class SettingsError(ReaperError):
    """The reaper was told something it cannot obey; nothing was begun and the exit code is 2."""


class ClusterError(ReaperError):
    """The API server could not be asked, refused, or gave an answer that cannot be trusted."""


class UnauthorizedError(ClusterError):
    """The API server does not, or no longer, accept the credentials: nothing more may be asked of it."""


class OutcomeUnknownError(ClusterError):
    """A DELETE may have been committed and could not be looked up: it counts against the budget, not as a deletion."""


class StateSourceError(ReaperError):
    """Airflow could not be read as a whole, or is not one that the reaper understands."""


class UnheardError(Exception):
    """What was done can be told to nobody, so no more is done; the exit code is 1."""


class DeadlineError(ReaperError):
    """The sweep has used up the time it was given."""
