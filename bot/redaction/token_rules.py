"""The token rules for keys of known services."""

from __future__ import annotations

import re

from bot.redaction.rules import (
    TokenRule,
    has_long_random_part,
    has_mixed_characters,
    is_basic_credentials,
    is_literal,
    looks_like_key,
)
from bot.redaction.spans import Kind

# Where a key may begin: not after a letter or digit, or after an escape in the text (`\n`, `%3D`, a JSON
# escape, `[31m` without its ESC). Each escape contains a character that no key contains, so that no long run
# is tried twice.
_ESCAPE = (
    r"(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9a-fA-F]{2})"
    r"|(?<=\[m)|(?<=[\[;][0-9]m)|(?<=[\[;][0-9]{2}m)"
)
_EDGE = rf"(?:(?<![A-Za-z0-9])|{_ESCAPE})"
_PATH_EDGE = rf"(?:(?<![\w/.])|{_ESCAPE})"
_SLASH = r"(?:/|\\/|%2F|%2f)"
_QUOTE = r"(?:\\*[\"'`]|&quot;|%22)"
_HEADER = rf"{_QUOTE}?[\])]?\s{{0,4}}[:=,]\s{{0,4}}b?{_QUOTE}?"
_VALUE = r"(?P<v>[^\s\"'`\\&]++)"

TOKEN_RULES = (
    # wandb 0.31, wbauth/validation.py: 40 or more of [A-Za-z0-9_]; on-premises keys have a prefix and a dash
    # before.
    TokenRule(
        Kind.WANDB, ("wandb_v",), re.compile(r"wandb_v\d+_[A-Za-z0-9_]{16,}+"), has_mixed_characters, 86
    ),
    TokenRule(Kind.WANDB, ("local-",), re.compile(_EDGE + r"local-[0-9a-f]{40}"), None, 46),
    TokenRule(
        Kind.WANDB,
        ("wandb",),
        re.compile(
            r"wandb\s+login(?:\s+--?[\w-]{1,40}(?:=\S{1,200})?){0,6}\s+"
            r"(?:https?://\S{1,200}\s+)?['\"]?(?P<v>[\w-]{20,}+)"
        ),
        None,
        40,
    ),
    TokenRule(
        Kind.WANDB,
        ("wandb",),
        re.compile(r"(?i)wandb.{0,200}?\bkey\W{1,4}(?:is\s)?(?P<v>[0-9a-f]{40})(?!\w)"),
        None,
        40,
    ),
    TokenRule(
        Kind.WANDB,
        ("login(",),
        re.compile(r"login\([^)]{0,100}?\bkey\s?=\s?\\?['\"]?(?P<v>[\w-]{20,}+)"),
        looks_like_key,
    ),
    TokenRule(
        Kind.WANDB,
        ("api key",),
        re.compile(r"(?i)api key[^:]{1,80}:\s{0,8}(?P<v>[\w-]{20,}+)"),
        looks_like_key,
    ),
    TokenRule(
        Kind.HUGGING_FACE,
        ("hf_",),
        re.compile(r"hf_[A-Za-z0-9]{30,}+|" + _EDGE + r"hf_[A-Za-z0-9]{12,}+"),
        has_mixed_characters,
        37,
    ),
    TokenRule(Kind.HUGGING_FACE, ("api_org_",), re.compile(r"api_org_[A-Za-z0-9]{20,}+"), None, 42),
    # Installation tokens are JWTs since 2026:
    # https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/
    TokenRule(
        Kind.GITHUB,
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"gh[pousr]_[A-Za-z0-9_]{16,}+(?:\.[\w-]{4,}+){0,2}"),
        None,
        40,
    ),
    TokenRule(Kind.GITHUB, ("github_pat_",), re.compile(r"github_pat_[A-Za-z0-9_]{20,}+"), None, 93),
    TokenRule(
        Kind.GITLAB,
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-", "glft-", "glagent-", "gloas-"),
        re.compile(r"gl(?:pat|dt|rt|cbt|ptt|soat|ft|agent|oas)-[\w-]{16,}+(?:\.\w{2,}+){0,2}"),
    ),
    TokenRule(Kind.SLACK, ("xox",), re.compile(r"xox[abcdeprs](?:\.xox[bp])?-[A-Za-z0-9%/+=-]{10,}+")),
    TokenRule(
        Kind.SLACK, ("xapp-", "xwfp-"), re.compile(r"x(?:app|wfp)-[A-Za-z0-9-]{10,}+"), has_mixed_characters
    ),
    TokenRule(
        Kind.SLACK_WEBHOOK,
        ("hooks.slack",),
        re.compile(
            rf"(?i)hooks\.slack(?:-gov)?\.com{_SLASH}(?:services|workflows|triggers){_SLASH}"
            r"(?P<v>[\w%/\\-]{8,}+)"
        ),
    ),
    TokenRule(Kind.GOOGLE_API, ("aiza",), re.compile(r"AIza[\w-]{30,}+"), None, 39),
    TokenRule(Kind.GOOGLE_OAUTH, ("ya29.",), re.compile(r"ya29\.[\w.-]{16,}+")),
    TokenRule(
        Kind.GOOGLE_OAUTH,
        ("1//", "1%2f%2f", "1\\/\\/"),
        re.compile(rf"{_PATH_EDGE}1{_SLASH}{_SLASH}[\w-]{{24,}}+"),
        has_mixed_characters,
    ),
    TokenRule(
        Kind.GOOGLE_OAUTH,
        ("4/0", "4%2f0"),
        re.compile(_PATH_EDGE + r"4(?:/|%2F)0[\w-]{30,}+"),
        has_mixed_characters,
    ),
    TokenRule(Kind.GOOGLE_CLIENT, ("gocspx-",), re.compile(r"GOCSPX-[\w-]{16,}+"), None, 35),
    TokenRule(Kind.ANTHROPIC, ("sk-ant-",), re.compile(r"sk-ant-[\w-]{16,}+")),
    TokenRule(Kind.OPENAI, ("sk-",), re.compile(_EDGE + r"sk-[\w-]{20,}+"), has_long_random_part),
    # Groq, NVIDIA, Replicate, Docker, Vault, LangSmith, xAI, DigitalOcean, Stripe.
    TokenRule(
        Kind.SECRET,
        ("gsk_", "nvapi-", "r8_", "dckr_", "hvs.", "lsv2_", "xai-", "dop_v1_", "k_live_", "k_test_"),
        re.compile(
            _EDGE + r"(?:gsk_\w{40}|nvapi-[\w-]{40}|r8_[A-Za-z0-9]{32}|dckr_[a-z]{3}_[\w-]{20}|hvs\.[\w-]{20}"
            r"|lsv2_[a-z]{2}_\w{30}|xai-\w{60}|dop_v1_\w{40}|[rsp]k_(?:live|test)_\w{16})[\w-]*+"
        ),
    ),
    # Pinecone, Artifactory, New Relic, Python package indexes.
    TokenRule(
        Kind.SECRET,
        ("pcsk_", "akcp", "nrak-", "pypi-agei"),
        re.compile(
            _EDGE + r"(?:pcsk_\w{40}|AKCp[A-Za-z0-9]{40}|NRAK-[A-Z0-9]{20}|pypi-AgEI[\w-]{40})[\w-]*+"
        ),
    ),
    # npm, Databricks.
    TokenRule(
        Kind.SECRET,
        ("npm_", "dapi"),
        re.compile(_EDGE + r"(?:npm_|dapi)[A-Za-z0-9]{32,}+"),
        has_mixed_characters,
    ),
    TokenRule(
        Kind.JWT,
        ("eyj",),
        re.compile(rf"(?:(?<![\w-])|{_ESCAPE})" + r"eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?"),
    ),
    TokenRule(
        Kind.BEARER,
        ("bearer",),
        re.compile(r"(?i)\bbearer(?:\s{1,8}|%20|\+|\\u0020|:\s?)(?P<v>[\w.~+/=%-]{8,}+)"),
        looks_like_key,
    ),
    TokenRule(
        Kind.BEARER,
        ("authorization",),
        re.compile(
            rf"(?i)authorization{_HEADER}"
            r"(?:bearer|token|apikey|bot|key|splunk|negotiate|ntlm|googlelogin)\s{1,8}" + _VALUE
        ),
        is_literal,
    ),
    TokenRule(
        Kind.PASSWORD,
        ("authorization",),
        re.compile(rf"(?i)authorization{_HEADER}basic\s{{1,8}}" + _VALUE),
        is_literal,
    ),
    TokenRule(
        Kind.SIGNATURE,
        ("authorization",),
        re.compile(rf"(?i)authorization{_HEADER}(?:digest|oauth|hmac|aws4-hmac-sha256)\s(?P<v>\S.*+)"),
    ),
    TokenRule(
        Kind.PASSWORD,
        ("basic ",),
        re.compile(r"(?i)\bbasic\s{1,8}(?P<v>[A-Za-z0-9+/]{8,}+={0,2})"),
        is_basic_credentials,
    ),
    TokenRule(
        Kind.COOKIE,
        ("cookie",),
        re.compile(rf"(?i)cookie2?{_HEADER}(?P<v>[\w.$-]{{1,80}}=(?:[^\"'`\\]|\\(?![rn\"'`]))++)"),
    ),
    TokenRule(
        Kind.SIGNATURE,
        ("signature=", "sig=", "signature%3d"),
        re.compile(
            r"(?i)(?:x-goog-|x-amz-|[?&;]|%26|&amp;)(?:signature|sig)(?:=|%3D)(?P<v>[\w%/+=~-]{16,}+)"
        ),
    ),
    # Tokens in the path of a URL: conda channels, webhooks of Discord and Microsoft Teams.
    TokenRule(Kind.SECRET, ("/t/",), re.compile(r"/t/(?P<v>[\w-]{16,512}+)(?=/)"), has_mixed_characters),
    TokenRule(
        Kind.SECRET,
        ("/webhook",),
        re.compile(r"/webhooks?b?2?/(?:\d{1,32}/)?(?P<v>[\w@/-]{24,512}+)"),
        has_mixed_characters,
    ),
    TokenRule(Kind.SECRET, ("key=",), re.compile(r"[?&]key=(?P<v>[\w-]{16,512}+)"), has_mixed_characters),
    # kaggle.json.
    TokenRule(
        Kind.SECRET,
        ("username",),
        re.compile(r"username\W{1,8}[\w.-]{1,60}\W{2,8}key\W{2,8}(?P<v>[0-9a-f]{32})(?!\w)"),
    ),
    # The password in a URL may contain `@`, even `/`; a port and a path (`host:8080/a@v1`) are none.
    TokenRule(
        Kind.PASSWORD,
        ("://", ":\\/\\/"),
        re.compile(
            r":(?:\\?/){2}[^\s/?#:@'\"<>\\\[\]]{0,256}+:(?!\d{1,5}(?:[/?#\s'\"\\]|$))"
            r"(?P<v>[^\s/'\"<>\\]{1,512}(?=@)|(?:(?!:\\?/)[^\s\"'<>@]){1,256}(?=@))"
        ),
        is_literal,
    ),
    TokenRule(
        Kind.PASSWORD,
        ("%3a%2f%2f",),
        re.compile(r"(?i)%3A%2F%2F[^\s%@]{0,256}+%3A(?P<v>(?:(?!%40|@|%2F)[^\s\"']){1,512})(?:%40|@)"),
        is_literal,
    ),
    TokenRule(
        Kind.SECRET,
        ("://",),
        re.compile(r"://(?P<v>[^\s/?#:@'\"<>\\.]{16,256}+)@"),
        lambda value: has_mixed_characters(value) and is_literal(value),
    ),
    # Credentials in Docker's config.json and in npm's settings.
    TokenRule(
        Kind.PASSWORD,
        ("auth",),
        re.compile(r"[\"']_?auth\\*[\"']\s{0,4}:\s{0,4}\\*[\"'](?P<v>[\w+/=-]{8,}+)"),
    ),
    TokenRule(Kind.PASSWORD, ("_auth",), re.compile(r":_auth\s{0,4}=\s{0,4}[\"']?(?P<v>[\w+/=-]{8,}+)")),
    TokenRule(
        Kind.PASSWORD,
        ("password",),
        re.compile(r"\blogin\s{1,8}\S{1,200}\s{1,8}password\s{1,8}(?P<v>\S++)"),
        is_literal,
    ),
    TokenRule(
        Kind.PASSWORD,
        ("password",),
        re.compile(r"^\s{0,8}password\s{1,8}(?P<v>\S++)\s{0,8}$"),
        has_mixed_characters,
    ),
    TokenRule(
        Kind.PASSWORD,
        ("curl", "wget"),
        re.compile(
            r"\b(?:curl|wget)\b.{0,200}?\s(?:-u|--user|--proxy-user)[\s=]{0,4}"
            r"[\"']?[^\s:\"'@/]{0,128}:(?P<v>[^\s\"']++)"
        ),
        is_literal,
    ),
    TokenRule(
        Kind.PASSWORD,
        ("login",),
        re.compile(r"\blogin\b[^|;&]{0,200}?\s-p[\s=]{0,4}[\"']?(?P<v>[^\s\"']++)"),
        is_literal,
    ),
)
