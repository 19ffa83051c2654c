from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres import Postgres, find_binaries, running_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A Postgres for the tests of one file, which skip themselves where none is installed."""
    binaries = find_binaries()
    assert binaries is not None
    with running_postgres(binaries) as made:
        yield made
