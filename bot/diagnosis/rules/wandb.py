"""Rules for an unreachable W&B server, tried before the general network rules."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule
from bot.models.diagnosis import Category

WANDB = (
    Rule(
        id="wandb.unreachable",
        category=Category.WANDB_CONNECTION,
        patterns=(
            (
                r"(?:api|\w+)\.wandb\.ai.{0,300}(?:refused|timed? ?out|timeout|resolve|no such host|name "
                r"or service|unreachable|reset|max retries|EOF|deadline|certificate|temporar|50\d)"
            ),
            (
                r"(?:refused|timed? ?out|timeout|resolve|no such host|unreachable|reset|max retries|EOF|"
                r"deadline|certificate|unable to connect|could not connect|failed to connect).{0,"
                r"200}(?:api\.wandb\.ai|\bW&B\b|\bwandb (?:server|backend)|weights (?:&|and) biases)"
            ),
            r"returned error 5\d\d.{0,200}api\.wandb\.ai",
            r"50\d .{0,60}for url: https?://api\.wandb\.ai",
            r"Error while calling W&B API: .{0,80}(?:deadline|50\d|timed? ?out|EOF)",
            r"W&B process (?:failed to launch|did not respond)",
            r"run initialization has timed out",
            r"timed out while retrying",
            r"error communicating with (?:wandb|W&B)",
            r"failed to verify credentials with https?://",
            r"(?:wandb-core|the service process) is busy and did not respond",
            r"wandb(?:-core)?(?: service| process)? (?:failed to start|exited|is not available|died)",
            r"ServiceStartProcessError",
            r"ServiceStartTimeoutError",
            r"ServicePollForTokenError",
            r"MailboxError",
            r"transport closed",
            (
                r"Network error \((?:ConnectionError|ConnectTimeout|ReadTimeout|SSLError|TransientError|"
                r"HTTPError)\), entering retry loop"
            ),
            r"W&B (?:API|server|service) is (?:down|unavailable|not responding)",
            r"cannot connect to W&B",
            r"wandb server error",
        ),
        advice=(
            "The job cannot reach W&B: check the network's egress (Cloud NAT, proxy, WANDB_BASE_URL) and "
            "status.wandb.com; WANDB_MODE=offline trains without it."
        ),
        samples=(
            (
                "wandb.errors.errors.CommError: Timed out while retrying: Post "
                '"https://api.wandb.ai/graphql": dial tcp 1.2.3.4:443: connect: connection refused'
            ),
            "wandb.errors.CommError: Run initialization has timed out after 90.0 sec.",
        ),
    ),
)
