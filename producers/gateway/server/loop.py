"""The event loop: uvloop, with an end to TLS handshakes that never come (uvicorn's server names none)."""

from typing import Any, Final

import uvloop

HANDSHAKE_SECONDS: Final = 10.0


class Loop(uvloop.Loop):
    """uvloop's own but for that."""

    async def create_server(self, *arguments: Any, **options: Any) -> Any:
        """Serve; a client that speaks no TLS is cut off in time."""
        if options.get("ssl") is not None:
            options.setdefault("ssl_handshake_timeout", HANDSHAKE_SECONDS)
        return await super().create_server(*arguments, **options)
