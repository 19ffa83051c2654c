"""Rules for quota, unavailable capacity (stockout) and preemption."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

QUOTA = (
    Rule(
        id="quota.vertex_metric",
        category=Category.QUOTA,
        patterns=(
            r"quota metrics? exceeds? quota limits?:?\s*(?P<metric>[\w./-]+)",
            (
                r"quota exceeded for (?:quota )?(?:metric|group)s? '?(?P<metric>[\w./ -]+?)'?(?: and "
                r"limit '?(?P<limit>[^']+)'?)?(?: of service|\.|,|$)"
            ),
            r"quota (?:limit |metric )?'(?P<metric>[\w./-]+)' (?:has been |was |is )?exceeded",
            r"exceeded (?:the )?(?:current )?quota (?:limit )?(?:for|of) '?(?P<metric>[\w./-]*_[\w./-]+)",
            r"quota[^.]{0,60}\b(?P<metric>[a-z]+\.googleapis\.com/\w+)",
        ),
        advice=(
            "Ask for more of {metric} in this region under IAM & Admin > Quotas, or launch in a region "
            "where it is not used up."
        ),
        samples=(
            (
                "google.api_core.exceptions.ResourceExhausted: 429 The following quota metrics exceed "
                "quota limits: "
                "aiplatform.googleapis.com/custom_model_training_nvidia_a100_gpus"
            ),
            (
                "ERROR: Quota exceeded for quota metric 'Read requests' and limit 'Read requests per "
                "minute' of service 'logging.googleapis.com'"
            ),
            "Quota 'NVIDIA_L4_GPUS' exceeded.  Limit: 1.0 in region us-central1.",
        ),
        counters=("quota check passed: 4 of 8 NVIDIA_L4_GPUS used",),
    ),
    Rule(
        id="quota.build_machine",
        category=Category.QUOTA,
        patterns=(
            r"due to quota restrictions",
            r"quota restrictions,? .*cannot run",
            r"concurrent builds? quota",
        ),
        advice=(
            "Use a default machine type for the build or another region, or ask for build CPUs under IAM "
            "& Admin > Quotas (Cloud Build API)."
        ),
        samples=(
            (
                "ERROR: (gcloud.builds.submit) FAILED_PRECONDITION: due to quota restrictions, cannot "
                "run builds in this region"
            ),
        ),
    ),
    Rule(
        id="quota.cpus",
        category=Category.QUOTA,
        patterns=(
            (
                r"\bquotas? (?:limits? )?(?:has been |have been |was |were |is |are )?"
                r"(?:exceeded|reached|exhausted|violated)"
            ),
            (
                r"exceed(?:s|ed|ing)? (?:your |the |its |current |project |regional |allowed |maximum |"
                r"available )*quota"
            ),
            r"insufficient (?:\w+ ){0,3}quota",
            r"quota ?exceeded",
            r"QuotaExceeded",
            r"QUOTA_EXCEEDED",
            r"insufficient_quota",
            r"rateLimitExceeded",
            r"you exceeded your current quota",
            r"over its data quota",
            r"not enough quota",
            r"out of quota",
            r"no quota",
            r"exceed(?:s|ed)? (?:the )?rate limits?\b",
            r"exceeded your \w+ quota",
            r"exceeded (?:its|your|the) (?:\w+ ){0,2}(?:budget|allowance)\b",
            r"does not have (?:enough|sufficient) .{0,40}quota",
            r"limit of \d+ .{0,40}quota",
        ),
        advice=(
            "Look at IAM & Admin > Quotas for this region: ask for more, wait for running jobs to end, "
            "or launch in another region."
        ),
        samples=(
            (
                "openai.RateLimitError: Error code: 429 - {'error': {'message': 'You exceeded your "
                "current quota'}}"
            ),
            "google.api_core.exceptions.TooManyRequests: 429 Quota exceeded",
            'googleapiclient.errors.HttpError: <HttpError 403 when requesting x returned "Quota exceeded">',
        ),
        counters=("Disk quota exceeded",),
    ),
    Rule(
        id="quota.resource_exhausted",
        category=Category.QUOTA,
        patterns=(
            r"\b429 .*(?:resource has been exhausted|RESOURCE_EXHAUSTED)",
            r"code.{0,4}RESOURCE_EXHAUSTED",
        ),
        exceptions=("ResourceExhausted", "TooManyRequests", "_InactiveRpcError", "HttpError"),
        advice=(
            "A Google quota or rate limit was hit: see IAM & Admin > Quotas for the service named in the "
            "line."
        ),
        specificity=Specificity.CLASS,
        samples=(
            (
                "google.api_core.exceptions.ResourceExhausted: 429 Resource has been exhausted (e.g. "
                "check quota)."
            ),
        ),
    ),
    Rule(
        id="quota.resource_exhausted_class",
        category=Category.QUOTA,
        exceptions=("exceptions.ResourceExhausted", "exceptions.TooManyRequests"),
        advice=(
            "A Google quota or rate limit was hit: see IAM & Admin > Quotas for the service named in the "
            "line."
        ),
        specificity=Specificity.CLASS,
        samples=("google.api_core.exceptions.ResourceExhausted: 429 Try again later",),
    ),
    Rule(
        id="stockout.vertex",
        category=Category.STOCKOUT,
        unless=(
            r"INVALID_ARGUMENT",
            r"InvalidArgument",
            r"machine ?type \S+ is not (?:available|offered) in",
        ),
        patterns=(
            r"resources are insufficient in (?:the )?(?:region|zone)[: ]*(?P<place>[\w-]*)",
            r"does not have enough resources available to (?:fulfil|run)",
            r"ZONE_RESOURCE_POOL_EXHAUSTED(?:_WITH_DETAILS)?",
            r"\bstock-?outs?\b(?!\s*(?:=|:)\s*0)",
            r"(?:insufficient|not enough|no) (?:\w+ ){0,4}capacity(?! factor)",
            r"capacity (?:is )?(?:not |un)available",
            (
                r"capacity (?:\S+ ){0,6}(?:is|are|was|has been) (?:currently )?(?:exhausted|insufficient|"
                r"used up)"
            ),
            r"InsufficientInstanceCapacity",
            r"temporarily out of (?:capacity|resources)",
            (
                r"(?:GPUs?|TPUs?|accelerators?|machines?|resources?|VMs?) (?:\S+ ){0,4}(?:is|are) "
                r"(?:currently |temporarily )?(?:unavailable|not available|out of stock|exhausted|"
                r"insufficient)"
            ),
            r"(?:currently|temporarily) unavailable in (?:the )?(?:\S+ )?(?:zone|region)",
            r"exceeded (?:its |the )?max(?:imum)?[_ ]wait[_ ]duration",
            r"(?:were|was) not available in (?:the )?(?:region|zone)[: ]*(?P<place>[\w-]*)",
            r"(?:within|before) (?:the |its )?(?:requested )?max(?:imum)?[_ ]wait[_ ]duration",
        ),
        advice=(
            "No machine of that kind is free there: launch in another region, with another accelerator, "
            "as on-demand instead of spot, or try later."
        ),
        specificity=Specificity.VERDICT,
        samples=(
            (
                "Resources are insufficient in region: us-central1. Please try a different region or use "
                "a different accelerator."
            ),
            (
                "The zone 'projects/p/zones/us-east4-c' does not have enough resources available to "
                "fulfill the request."
            ),
        ),
    ),
    Rule(
        id="preempted.vm",
        category=Category.PREEMPTED,
        patterns=(
            r"\b(?:was|were|been|got|is being|being) (?:\w+ )?preempted",
            r"\bpreempted (?:by|because|due|on|at|before)",
            r"(?:instance|vm|replica|worker|node|machine|job|spot)\b.{0,40}\bpreempt(?:ed|ion)\b",
            r"preemption (?:notice|event|signal|detected|received)",
            r"will (?:soon )?be preempted",
            (
                r"(?:terminated|stopped|shut down|killed|interrupted) (?:by|for|due to) (?:a |an )?(?:host )?"
                r"maintenance"
            ),
            r"compute\.instances\.preempted",
            r"(?:termination|reclaim).{0,20}spot",
            r"spot (?:vm|instance|capacity|machine|node)s? .{0,30}(?:terminat|reclaim|interrupt|stopp)",
            r"node .{0,40}(?:shutting down|shutdown).{0,30}preempt",
        ),
        advice=(
            "A spot machine was taken away: launch again (resume from the last checkpoint), allow "
            "restarts, or use on-demand machines."
        ),
        specificity=Specificity.VERDICT,
        samples=(
            "The replica workerpool0-0 was preempted and could not be restarted.",
            "Spot VM instance gke-x was preempted.",
        ),
        unless=(r"preempted,? or (?:crashed|died|killed)",),
        counters=(
            "TRAINING_GPU_IS_PREEMPTIBLE=true",
            "W&B Vertex spot patch APPLIED on Python startup!",
            "This indicates that the remote task has failed, got preempted, or crashed unexpectedly.",
        ),
    ),
)
