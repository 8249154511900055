"""The shipped flows, loaded once for all tests."""

import pytest

from flows.runner import Flows


@pytest.fixture(scope="session")
def shipped() -> Flows:
    """The shipped flows."""
    return Flows.shipped()
