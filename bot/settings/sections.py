"""The tables of the settings file, except the presets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bot.settings.field_types import (
    Cap,
    ChannelId,
    Frozen,
    LowerName,
    Name,
    Region,
    Seconds,
    StoreUrl,
    Url,
    UserId,
)


class Google(Frozen):
    """The Google Cloud project, and endpoints that replace Google's own."""

    project: Name = Field(title="the Google Cloud project id", examples=["acme-ml"])
    aiplatform_endpoint: Url | None = Field(
        None, title="Vertex AI's address", examples=["http://127.0.0.1:7001"]
    )
    run_endpoint: Url | None = Field(None, title="Cloud Run's address", examples=["http://127.0.0.1:7002"])
    build_endpoint: Url | None = Field(
        None, title="Cloud Build's address", examples=["http://127.0.0.1:7003"]
    )
    logging_endpoint: Url | None = Field(
        None, title="Cloud Logging's address", examples=["http://127.0.0.1:7004"]
    )


class Runner(Frozen):
    """The Cloud Run job that runs the W&B Launch agent, and where the agent creates jobs."""

    job: Name = Field(title="the Cloud Run job's name", examples=["vertex-ai-launcher"])
    region: Region = Field(title="the Cloud Run job's region", examples=["us-central1"])
    queue: Name = Field(title="the W&B Launch queue", examples=["vertex-ai-queue"])
    vertex_region: Region = Field(
        title="the region in which the agent creates custom jobs", examples=["us-central1"]
    )
    near_limit_seconds: Seconds = Field(
        600, title="a runner with less time left than this is not reused", examples=[600]
    )


class Wandb(Frozen):
    """The W&B entity, project and API address."""

    entity: Name = Field(title="the W&B entity (team)", examples=["acme-ml"])
    project: LowerName = Field(title="the W&B project", examples=["trainer"])
    base_url: Url = Field(
        "https://api.wandb.ai", title="W&B's API address", examples=["https://api.wandb.ai"]
    )


class Access(Frozen):
    """Who may launch, and where; by default nobody."""

    users: tuple[UserId, ...] = Field((), title="people who may launch", examples=[["U012ABCDEF"]])
    channels: tuple[ChannelId, ...] = Field(
        (), title="channels in which one may launch", examples=[["C012ABCDEF"]]
    )
    admins: tuple[UserId, ...] = Field((), title="people who may cancel anything", examples=[["U012ABCDEF"]])
    ask: str = Field("an admin of this bot", title="whom a refused person asks", examples=["@ana"])


class Limits(Frozen):
    """The maximum number of unfinished launches; None means no limit, written "unlimited" in the file."""

    in_flight_per_person: Cap = Field(
        4, title="the most launches of one person that have not ended", examples=[4]
    )
    in_flight: Cap = Field(20, title="the most launches of all people that have not ended", examples=[20])


class Store(Frozen):
    """The database of launches, and how long they are kept."""

    url: StoreUrl = Field(
        "sqlite:///launch-control.db", title="the store", examples=["sqlite:///var/launch-control.db"]
    )
    keep_days: float = Field(90, gt=0, title="ended launches older than this are removed", examples=[90])
    heartbeat_seconds: Seconds = Field(
        5,
        title="with Postgres, the heartbeat interval; other bots take over after three missed heartbeats",
        examples=[5],
    )


class Timing(Frozen):
    """Intervals, deadlines and time limits, in seconds unless the name says otherwise."""

    poll: Seconds = Field(5, title="the poll interval of a waiting launch", examples=[5])
    wait: Seconds = Field(120, title="how long a launch waits for its job", examples=[120])
    start_within: Seconds = Field(
        120, title="a launch of which nothing reached W&B within this is not started", examples=[120]
    )
    queue_expires: Seconds = Field(
        1800,
        title="an item still pending this long after the wait is removed from the queue",
        examples=[1800],
    )
    pending_timeout: Seconds = Field(
        60, title="an item still pending after this gets another runner", examples=[60]
    )
    not_found_grace: Seconds = Field(
        10, title="the pause before a second check for something missing", examples=[10]
    )
    claimed_timeout: Seconds = Field(
        600, title="an item claimed for this long without a job counts as lost", examples=[600]
    )
    log_grace: Seconds = Field(60, title="how long to wait for late log lines", examples=[60])
    follow_first: Seconds = Field(15, title="the first poll interval of a submitted launch", examples=[15])
    follow_last: Seconds = Field(300, title="the longest poll interval of a submitted launch", examples=[300])
    follow_days: float = Field(7, gt=0, title="a launch is followed for at most this many days", examples=[7])
    call: Seconds = Field(10, title="the deadline of one API call", examples=[10])
    retry: Seconds = Field(0.2, title="the first pause before a read is retried", examples=[0.2])
    insert: Seconds = Field(1, title="the deadline of the insert before the ack", examples=[1])
    scan_first: Seconds = Field(2, title="a scan posts its first results after this", examples=[2])
    scan_limit: Seconds = Field(8, title="a scan waits for results no longer than this", examples=[8])
    scan_cache_ttl: Seconds = Field(4, title="requests within this share one scan", examples=[4])
    dedup_window: Seconds = Field(
        10, title="identical commands by one person within this are one launch", examples=[10]
    )
    refusal_hours: float = Field(
        24, gt=0, title="how long a refused block type is not sent again", examples=[24]
    )


class Slack(Frozen):
    """Slack's API address, table format, rate limits and connections."""

    base_url: Url = Field(
        "https://slack.com/api", title="Slack's Web API address", examples=["https://slack.com/api"]
    )
    tables: Literal["native", "text"] = Field("native", title="the format of tables", examples=["native"])
    posts_per_second: float = Field(1.0, gt=0, title="posts a second in one channel", examples=[1.0])
    post_burst: int = Field(4, ge=1, title="posts that may be sent at once in one channel", examples=[4])
    edits_per_minute: float = Field(40, gt=0, title="edits a minute in a workspace", examples=[40])
    sockets: int = Field(2, ge=1, le=5, title="Socket Mode connections", examples=[2])
    ping_seconds: Seconds = Field(5, title="how often a connection is checked", examples=[5])
    http_host: str = Field(
        "127.0.0.1", title="the address that `serve --http` listens on", examples=["127.0.0.1"]
    )
    http_port: int = Field(
        3000, ge=0, le=65_535, title="the port that `serve --http` listens on", examples=[3000]
    )


class LogReading(Frozen):
    """How often logs are read, how far back, and how much of them is shown."""

    reads_per_minute: float = Field(30, gt=0, le=60, title="log reads a minute", examples=[30])
    lookback_days: float = Field(7, gt=0, title="how far back logs are read", examples=[7])
    context_before: int = Field(20, ge=0, le=500, title="lines shown before the root cause", examples=[20])
    context_after: int = Field(80, ge=0, le=500, title="lines shown after the root cause", examples=[80])
