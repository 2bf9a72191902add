"""How far this machine's clock is from the source's: what is asked for by time depends on both."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_A_SECOND = timedelta(seconds=1)


class Skew:
    """Learns from the `Date` of answers (RFC 9110) within which bounds the difference of the clocks lies.

    A Date is cut to the second and was written between question and answer, so each answer gives two bounds. Further
    answers narrow them; one that contradicts them (a clock was set) begins anew.
    """

    def __init__(self) -> None:
        self._least, self._most = timedelta.min, timedelta.max

    @property
    def ahead(self) -> timedelta:
        """How far this machine's clock is ahead, negative when behind: of what agrees with all answers, the least."""
        return min(max(timedelta(), self._least), self._most)

    def note(self, asked: datetime, answered: datetime, date: str | None) -> None:
        """Learn from one answer's Date; asked, answered: this machine's time then."""
        written = _read(date)
        if written is None or answered < asked:
            return
        least, most = asked - written - _A_SECOND, answered - written
        if least > self._most or most < self._least:
            self._least, self._most = least, most
        else:
            self._least, self._most = max(least, self._least), min(most, self._most)


def _read(date: str | None) -> datetime | None:
    try:
        written = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return None
    return written if written.tzinfo else written.replace(tzinfo=UTC)
