"""How a worker ends on anything unexpected: at once, with its log flushed. Faust's own crash handling skips records (F5)."""

import logging
import os
from typing import NoReturn

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits: the supervisor starts a new worker, which reads on from our position."""

_log = logging.getLogger(__name__)


def die(event: str, **fields: object) -> NoReturn:
    """Log why, flush, end the process without any clean-up: an open transaction is aborted by its successor."""
    _log.critical(event, extra={"fields": fields})
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(EXIT_CODE)
