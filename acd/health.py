"""What the running switch says of itself, for `/readyz`, the metrics and `hotline status`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """The parts that the switch stands on, at one moment.

    A reason is a sentence for a person and goes with a part that is down. `journal_lag_s` is the age of the oldest
    record not yet in the database, `spilled_records` how many wait in the spill file; `loop_lag_s` is the worst
    delay of the event loop seen lately. `clock_drift_s` is how far the machine's clock has moved away from the one that
    the switch lives by: beyond 1 s either way, somebody has set it. `engine_failures` counts events that the engine
    failed on since the start: above 0 it has met a fault of its own, which the log tells of.
    """

    pbx_up: bool = False
    pbx_reason: str = ""
    database_ok: bool = False
    database_reason: str = ""
    journal_lag_s: float = 0.0
    spilled_records: int = 0
    loop_lag_s: float = 0.0
    engine_failures: int = 0
    clock_drift_s: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether new callers are served in full: answered by the core and recorded."""
        return self.pbx_up and self.database_ok


class SwitchStopped(RuntimeError):  # noqa: N818 - said as a fact
    """The switch is stopping or not yet started: it takes no requests."""
