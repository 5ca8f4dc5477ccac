"""The manifest that the gateway of `up` begins with."""

from pathlib import Path

from headcount.up.state import StateDir
from producers.gateway.manifest import load_manifest


def test_the_gateways_first_manifest_can_be_served_and_is_the_users_from_then_on(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    state.create()
    state.make_gateway_manifest()
    assert [domain.host for domain in load_manifest(str(state.gateway_manifest)).domains]
    state.gateway_manifest.write_text("mine")
    state.make_gateway_manifest()
    assert state.gateway_manifest.read_text() == "mine"
