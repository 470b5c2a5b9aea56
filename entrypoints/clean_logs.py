"""What is logged has no credentials in it, whoever logs it: also what libraries log."""

import logging
import sys
import traceback
from collections.abc import Callable
from types import TracebackType


def keep_credentials_out() -> None:
    """Have each record of `logging`, and the traceback of an error that nobody caught, rid of credentials."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _CleanRecords):
        logging.setLogRecordFactory(_CleanRecords(make))
        sys.excepthook = _tell


class _CleanRecords:
    """Makes records as `make` does, and cleans them."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: object, **more: object) -> logging.LogRecord:
        record = self._make(*arguments, **more)
        if isinstance(record.args, tuple):  # one by one first: some formatters read them, and not the message
            record.args = tuple(_clean(one) if isinstance(one, str) else one for one in record.args)
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # whoever formats it complains of it
            return record
        if (told := _clean(said)) != said:
            record.msg, record.args = told, None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = _clean("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(_clean("".join(traceback.format_exception(kind, error, trace))))


def _clean(text: str) -> str:
    from rookery.domain.redaction import redact

    return redact(text).text
