"""The certificate: checked before it is used, and changed under a running server (DL8)."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headcount.errors import SettingError


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where it lies: the chain in PEM, and its key."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Make a server's context with it. Raises SettingError where the files are no certificate with its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            # Without a word for the key OpenSSL would ask a terminal for one.
            context.load_cert_chain(self.chain, self.key, password="")
        except (OSError, ssl.SSLError) as error:
            raise SettingError(
                f"the certificate cannot be used: {error.strerror or error}",
                where=f"{self.chain}, {self.key}",
                do="give a chain in PEM and the key, without a password, that belongs to its first certificate",
            ) from error
        return context

    def loader(self, live: ssl.SSLContext) -> Callable[[], Callable[[], None]]:
        """Make what loads it anew into a context in use: new connections get the new one, the others keep theirs."""

        def load() -> Callable[[], None]:
            self.context()  # the live one is touched only when a trial went well
            return lambda: live.load_cert_chain(self.chain, self.key, password="")

        return load
