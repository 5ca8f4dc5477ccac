"""One row of `headcount doctor`."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from headcount.errors import HeadcountError


@dataclass(frozen=True, slots=True)
class Row:
    """One check. `advice` is empty where nothing is to be done."""

    check: str
    ok: bool
    found: str
    advice: str = ""


def guarded(check: str, look: Callable[[], Row]) -> Row:
    """A row also where the look itself fails: our errors already say what to do."""
    try:
        return look()
    except HeadcountError as error:
        return Row(check, False, f"{error.what} ({error.where})", error.do)
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        return Row(check, False, str(error), "pip install 'headcount[all]'")
