"""What a person is told when something is wrong: what, where, what to do. No error reaches a person in another form."""


class HeadcountError(Exception):
    """Something that a person must know, in three parts.

    `what` is wrong, `where` (a setting, file and line, topic and offset), and what to `do` about it.
    """

    def __init__(self, what: str, *, where: str, do: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        return f"{self.what} ({self.where}): {self.do}"


class SettingError(HeadcountError):
    """A setting that cannot be used: a process of ours stops at start; in a host it is one line, the host goes on."""


class UnavailableError(HeadcountError):
    """Something outside (Kafka, Postgres, a port, a disk) is not there or refuses. Trying again later may help."""
