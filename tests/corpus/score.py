"""Prints how often the diagnosis is right on labelled logs: our two sets, and the shared one if it is there.

python tests/corpus/score.py [--misses] [FILE ...]
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.diagnosis import diagnose_lines  # noqa: E402 - a script finds the package only after the line above

OWN = Path(__file__).with_name("cases.jsonl")
#: Logs that were measured before the diagnosis had been tuned on them; README.md has the figures.
UNSEEN = Path(__file__).with_name("unseen.jsonl")
SHARED = ROOT.parent / "shared" / "corpus" / "dev.jsonl"
_LIVE = re.compile(r"<!|<@|<#|<https?://[^>|]*\||```")
_SECRET = re.compile("\u27e6secret:(\\d+)\u27e7")


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled log; `roots` holds every entry that counts, `categories` every right one."""

    name: str
    source: str
    lines: tuple[str, ...]
    failed: bool
    roots: frozenset[int]
    categories: tuple[str, ...]
    key_phrase: str
    secrets: tuple[str, ...]


@dataclass(slots=True)
class Score:
    """Counts over a set of cases; root cause, category and key phrase are over the failing ones."""

    cases: int = 0
    failing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    misses: dict[str, list[str]] = field(default_factory=dict)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall of "it failed"."""
        right = 2 * self.counts["found"]
        return right / ((right + self.counts["false alarm"] + self.counts["overlooked"]) or 1)

    def share(self, what: str) -> float:
        """The part of the failing cases that got `what` right, from 0 to 1."""
        return self.counts[what] / (self.failing or 1)

    def miss(self, what: str, name: str) -> None:
        """Counts what must not happen, and remembers where."""
        self.counts[what] += 1
        self.misses.setdefault(what, []).append(name)


def load(path: Path) -> list[Case]:
    """Returns the cases of a file, with the planted secrets (kept encoded in it) put back."""
    return [_case(json.loads(row)) for row in path.read_text(encoding="utf-8").splitlines() if row.strip()]


def _case(row: dict[str, object]) -> Case:
    known = json.loads(json.dumps(row))
    secrets = tuple(base64.b64decode(text).decode() for text in known["secrets_base64"])

    def plain(text: str) -> str:
        text = _SECRET.sub(lambda number: secrets[int(number[1])], text)
        return text.replace("\u27e6begin\u27e7 ", "-----BEGIN ").replace("\u27e6end\u27e7 ", "-----END ")

    return Case(
        name=known["id"],
        source=known["source"],
        lines=tuple(plain(line) for line in known["lines"]),
        failed=known["has_error"],
        roots=frozenset([known["root_cause_line"], *known["accept"]]),
        categories=(known["category"], *known.get("accept_categories", ())),
        key_phrase=known["key_phrase"],
        secrets=secrets,
    )


def score(cases: list[Case]) -> Score:
    """Returns the score of `diagnose_lines` on the cases."""
    result = Score()
    for case in cases:
        _add(result, case)
    return result


def _add(result: Score, case: Case) -> None:
    said = diagnose_lines(case.lines, source=case.source)  # type: ignore[arg-type]  # one of three words
    result.cases += 1
    posted = "\n".join([said.summary, said.advice, *said.context])
    if any(secret in posted for secret in case.secrets):
        result.miss("secret leaked", case.name)
    if _LIVE.search(posted):
        result.miss("live markup", case.name)
    if not case.failed:
        if said.has_error:
            result.miss("false alarm", case.name)
        return
    result.failing += 1
    result.counts["found"] += said.has_error
    checks = {
        "overlooked": said.has_error,
        "root cause": said.root_cause_index in case.roots,
        "category": said.category == case.categories[0],
        "category, lenient": said.category in case.categories,
        "key phrase": case.key_phrase.lower() in said.summary.lower(),
    }
    for what, right in checks.items():
        if what == "overlooked":
            result.counts[what] += not right
        else:
            result.counts[what] += right
        if not right:
            result.misses.setdefault(what, []).append(case.name)


def report(name: str, result: Score, *, misses: bool) -> str:
    """Returns the score as a few lines of text."""
    rows = [
        f"{name}: {result.cases} logs ({result.failing} failing)",
        f"  has_error F1        {result.f1:.3f}",
        f"  root-cause hit      {result.share('root cause'):.3f}",
        f"  category            {result.share('category'):.3f}",
        f"  category, lenient   {result.share('category, lenient'):.3f}",
        f"  key-phrase hit      {result.share('key phrase'):.3f}",
        f"  secrets leaked {result.counts['secret leaked']}, live markup {result.counts['live markup']}",
    ]
    if misses:
        rows += [f"  missed {what}: {', '.join(names)}" for what, names in result.misses.items()]
    return "\n".join(rows)


def main() -> int:
    """Prints the scores of the files named, or of the known sets; returns 0."""
    misses = "--misses" in sys.argv
    named = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    for path in named or [OWN, UNSEEN, SHARED]:
        if path.exists():
            print(report(path.stem, score(load(path)), misses=misses))  # noqa: T201 - a script's answer
        else:
            print(f"{path.stem}: not here, skipped")  # noqa: T201 - a script's answer
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
