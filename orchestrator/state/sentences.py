"""What is said of a state store that can't be used, or not for now."""

from orchestrator import credentials
from orchestrator.errors import Problem, StoreUnavailable
from orchestrator.state.patience import CUT_OFF_SECONDS, PATIENCE_SECONDS

CODE = "state-unavailable"
ANOTHER = "Give permission or name another store: --state dynamodb://TABLE, sqlite:PATH, or none (no lock)."


def unavailable(error: StoreUnavailable) -> Problem:
    """A run can't begin."""
    said = f"The state store can't be used ({error.code}: {error.message}), so nothing was changed."
    return credentials.told(error) or Problem(CODE, said, ANOTHER)


def unreadable(error: StoreUnavailable) -> Problem:
    """Nothing can be said about runs."""
    return credentials.told(error) or Problem(
        CODE,
        f"The state store can't be read ({error.code}: {error.message}).",
        "Give permission or name another store: --state dynamodb://TABLE or sqlite:PATH.",
    )


def stranded(error: StoreUnavailable) -> Problem:
    """A run can't go on."""
    return credentials.told(error) or Problem(
        CODE,
        f"The state store can't be used any more ({error.code}: {error.message}): nothing is changed that is not recorded.",
        "What AWS was asked to do goes on. See that the store can be reached (--state), then run again.",
    )


def waits(error: StoreUnavailable) -> str:
    """A run goes on once the store does."""
    minutes = (CUT_OFF_SECONDS if error.silent else PATIENCE_SECONDS) / 60
    return (
        f"The state store can't be used for now ({error.code}: {error.message}): nothing is changed meanwhile, "
        f"and it is tried again for {minutes:g} minutes."
    )
