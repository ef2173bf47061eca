"""What can go wrong between the switch and the Asterisk Manager Interface; each name is a fact."""

from __future__ import annotations

from typing import Literal

AgiFailure = Literal["refused", "ended", "hung_up", "unreadable"]


class AmiError(Exception):
    """Any failure of the AMI link; the text names the fact and, where there is one, the remedy."""


class AmiDown(AmiError):  # noqa: N818
    """The link is down, or went down before the answer came. Whether Asterisk acted on it is unknown."""


class AmiTimeout(AmiError, TimeoutError):  # noqa: N818
    """No answer within the deadline. Whether Asterisk acted on it is unknown."""


class AmiBusy(AmiError):  # noqa: N818
    """Too much waits to be written, or too many list items came: the request was given up."""


class AgiFailed(AmiError):  # noqa: N818
    """An AGI command has no result.

    `reason`: `refused` (Asterisk answered with an error: no such channel, or it is not in AsyncAGI),
    `ended` (the channel left AsyncAGI first), `hung_up` (the channel is gone), `unreadable` (the
    result is not in AGI's form).
    """

    def __init__(self, reason: AgiFailure, text: str) -> None:
        super().__init__(text)
        self.reason: AgiFailure = reason
