"""What the tests of the voucher share: the whole path, on a fixed morning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import Huigou, clock
from tests.conftest import Database
from tests.factories import County
from tests.voucher.parameter_acts import World
from tests.voucher.path import MORNING, Path


@pytest.fixture
def path(app: Huigou, county: County, database_kept: Database) -> Iterator[Path]:
    """The path of a programme not yet built, on the first morning of September."""
    with clock.frozen(MORNING):
        yield Path(app, county, database=database_kept)


@pytest.fixture
def world(app: Huigou, county: County) -> World:
    """The county, for programmes played one after the other."""
    return World(app, county)
