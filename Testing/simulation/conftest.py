"""What tests of the simulation share."""

import pytest

from MuscleSegLib.simulation.limb_slices import LimbSlices
from Testing.simulation.label_maps import LEG, THIGH, body_slices


@pytest.fixture(scope="session")
def thigh(tmp_path_factory) -> LimbSlices:
    return body_slices(tmp_path_factory.mktemp("thigh"), [THIGH])


@pytest.fixture(scope="session")
def leg(tmp_path_factory) -> LimbSlices:
    return body_slices(tmp_path_factory.mktemp("leg"), [LEG])
