"""Fallback rules by common words, for errors that no other rule matches; their advice says "probably"."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category, Source

#: Sources of rules with words that mean something else in a build, where a missing object was to be built.
_RUNS = (Source.VERTEX, Source.CLOUD_RUN)


def _guess(
    category: Category, *words: str, advice: str, sample: str, sources: tuple[Source, ...] = ()
) -> Rule:
    return Rule(
        id=f"guess.{category.value}",
        category=category,
        patterns=words,
        sources=sources,
        advice=advice,
        specificity=Specificity.GENERIC,
        samples=(sample,),
    )


#: The most reliable first; tried only if no other rule matches.
GUESSES = (
    _guess(
        Category.PERMISSION_DENIED,
        r"(?:permission|access|authori[sz]ation) (?:\w+ )?denied",
        r"forbidden",
        r"not (?:permitted|authori[sz]ed)",
        r"(?:does not|doesn't|do not|don't) have (?:\w+ )?(?:permission|access|the right)",
        r"privilege",
        advice="The account probably may not do this: give it the role that the line asks for.",
        sample="this seat is not permitted to train",
    ),
    _guess(
        Category.AUTH_INVALID_KEY,
        r"unauthenticated",
        r"unauthori[sz]ed",
        r"(?:invalid|expired|missing|bad|wrong) (?:\w+ )?(?:credentials?|token|key|password|login)",
        r"not logged in",
        r"log ?in (?:first|again|failed)",
        advice="A key or token is probably missing or too old: renew it in the secret that the job reads.",
        sample="the ledger was shown a wrong seat key",
    ),
    _guess(
        Category.QUOTA,
        r"quota",
        r"rate.?limit",
        r"limit (?:was |is |has been )?(?:reached|exceeded)",
        r"exceed(?:s|ed|ing)? (?:\w+ ){0,4}limit",
        r"too many (?:concurrent|requests)",
        advice="A limit is probably used up: ask for more under IAM & Admin > Quotas, or wait.",
        sample="the project's limit was reached",
    ),
    _guess(
        Category.STOCKOUT,
        r"(?:capacity|resources?|machines?|gpus?|tpus?|vms?|nodes?) (?:\w+ ){0,6}(?:un|not )available",
        r"out of (?:capacity|stock)",
        r"insufficient capacity",
        advice="The zone probably has none left: try another region, a smaller machine, or later.",
        sample="the requested nodes are currently not available",
        sources=_RUNS,
    ),
    _guess(
        Category.OUT_OF_MEMORY_HOST,
        r"out of memory",
        r"not enough memory",
        r"memory (?:limit|exhausted)",
        r"\bOOM\b",
        advice="It probably needed more memory than it has: choose a larger machine, or load less.",
        sample="the scorer ran out of memory",
    ),
    _guess(
        Category.DISK_FULL,
        r"(?:disk|volume|filesystem|space) (?:\w+ )?(?:is |was )?(?:full|exhausted|low)",
        r"out of (?:disk )?space",
        advice="The disk is probably full: give the machine a larger one, or write to Cloud Storage.",
        sample="cannot write the shard: volume was low",
    ),
    _guess(
        Category.TIMEOUT,
        r"tim(?:ed|e|ing).?out",
        r"deadline",
        r"took too long",
        r"within \d+ ?s",
        advice="Something probably took longer than it may: see what it waited for, and raise that limit.",
        sample="the barrier took too long",
    ),
    _guess(
        Category.NETWORK,
        r"connect(?:ion|ing)?\b",
        r"network",
        r"socket",
        r"unreachable",
        r"\bDNS\b",
        r"proxy",
        r"TLS",
        r"SSL",
        r"certificate",
        r"broken pipe",
        advice="The network or a server probably failed: launch again, or check the way out.",
        sample="lost the connection to the broker",
        sources=_RUNS,
    ),
    _guess(
        Category.RESOURCE_NOT_FOUND,
        r"not (?:be )?found",
        r"(?:does not|doesn't|do not|don't|did not) exist",
        r"no such",
        r"could not find",
        r"cannot find",
        r"no longer exists?",
        r"was deleted",
        r"unknown \w+ '",
        advice="The thing named in the line probably does not exist there: correct its name or create it.",
        sample="the plan of that name was not found",
        sources=_RUNS,
    ),
    _guess(
        Category.CONFIG_ERROR,
        r"invalid",
        r"unsupported",
        r"not supported",
        r"must\b",
        r"requir(?:e|es|ed)\b",
        r"expect(?:s|ed)?\b",
        r"missing",
        r"unknown",
        r"unrecogni[sz]ed",
        r"misconfigured",
        r"config\w*",
        r"not (?:allowed|set|specified|defined|provided)",
        r"cannot be (?:used|combined)",
        advice="A setting is probably wrong: correct what the line names in the preset or the queue.",
        sample="the plan must name a colour",
        sources=_RUNS,
    ),
)
