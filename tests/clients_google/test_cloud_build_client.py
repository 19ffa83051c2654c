from __future__ import annotations

from typing import Any

import pytest
from google.cloud.devtools import cloudbuild_v1
from google_samples import AT, REGION, add_builds

from bot.clients.google import GoogleCloud
from bot.clients.google.cloud_build import _build
from bot.models.cloud import Build, BuildStatus
from bot.models.errors import ProblemKind, ServiceError
from bot.sandbox.google.messages import raw
from bot.sandbox.world.world import World


async def test_a_failed_build_is_read_whole(world: World, cloud: GoogleCloud) -> None:
    """Image, steps and detail are the columns; whether its log can be read decides what is promised."""
    add_builds(
        world,
        status="FAILURE",
        steps_total=4,
        steps_done=2,
        started=AT,
        ended=AT,
        failure="Build step failure: step 2",
        log_in_gcs_only=True,
    )

    [found] = await cloud.builds.list_recent(REGION, limit=4, deadline=5)

    assert found.url.startswith(
        "https://console.cloud.google.com/cloud-build/builds;region=us-central1/b00000"
    )
    assert (
        Build(
            build_id="b00000",
            region=REGION,
            status=BuildStatus.FAILURE,
            image="trainer:1",
            steps_done=2,
            steps_total=4,
            created=AT,
            started=AT,
            ended=AT,
            detail="Build step failure: step 2",
            url=found.url,
            logs_readable=False,
        )
        == found
    )


async def test_all_active_builds_come_however_many_have_ended(world: World, cloud: GoogleCloud) -> None:
    """PENDING is active beside QUEUED and WORKING, and the server does the choosing over all pages."""
    active = [
        build for status in ("PENDING", "QUEUED", "WORKING") for build in add_builds(world, 50, status=status)
    ]
    for status in ("SUCCESS", "FAILURE", "CANCELLED", "TIMEOUT", "EXPIRED", "INTERNAL_ERROR"):
        add_builds(world, 5, status=status)

    found = await cloud.builds.list_active(REGION, deadline=5)

    assert {build.build_id for build in active} == {build.build_id for build in found}
    assert list(found) == sorted(found, key=lambda build: build.created or AT, reverse=True)
    assert world.calls["build", "ListBuilds", REGION] == 2


async def test_recent_builds_are_the_newest_of_every_status(world: World, cloud: GoogleCloud) -> None:
    """Four rows cost one page of four, not a page of everything."""
    made = add_builds(world, 9, status="SUCCESS")

    found = await cloud.builds.list_recent(REGION, limit=4, deadline=5)

    assert [build.build_id for build in made[:4]] == [build.build_id for build in found]
    assert world.calls["build", "ListBuilds", REGION] == 1


async def test_builds_without_a_region_live_in_global(world: World, cloud: GoogleCloud) -> None:
    """A build submitted without a region is found nowhere else."""
    add_builds(world, region="global")

    [found] = await cloud.builds.list_active("global", deadline=5)

    assert found.region == "global"
    assert await cloud.builds.list_active(REGION, deadline=5) == ()


async def test_cancelling_a_build(world: World, cloud: GoogleCloud) -> None:
    """A build is cancelled where it lives, once; one that has ended says so."""
    [build] = add_builds(world, region="global")

    await cloud.builds.cancel(build.build_id, "global")
    with pytest.raises(ServiceError) as caught:
        await cloud.builds.cancel(build.build_id, "global")

    assert build.status == "CANCELLED"
    assert caught.value.problem.kind is ProblemKind.INVALID


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"images": ["asked:1"], "substitutions": {"_IMAGE": "named:1"}}, "asked:1"),
        ({"results": {"images": [{"name": "pushed:1"}]}, "substitutions": {"_IMAGE": "named:1"}}, "pushed:1"),
        ({"substitutions": {"_IMAGE_NAME": "named:1", "_TAG": "1"}}, "named:1"),
        ({}, ""),
    ],
)
def test_the_image_is_found_wherever_the_build_names_it(fields: dict[str, Any], expected: str) -> None:
    """Builds name their image as asked, as pushed or in a substitution; the first of these is shown."""
    assert expected == _build(raw(cloudbuild_v1.Build)(id="b", **fields)).image


def test_a_bare_build_breaks_nothing() -> None:
    """Unset times are None, an unknown status is unknown, and a build without a name is one of `global`."""
    found = _build(raw(cloudbuild_v1.Build)(id="b", status=42))

    assert (None, None, None) == (found.created, found.started, found.ended)
    assert (BuildStatus.UNKNOWN, "global", True) == (found.status, found.region, found.logs_readable)
