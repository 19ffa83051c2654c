"""Rules for image builds: compilers, Dockerfiles, tests."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category, Source

BUILD = (
    Rule(
        id="build.compiler",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"^\S+?:\d+(?::\d+)?: (?:fatal )?error: (?P<error>.{0,120})",
            r"^\S+\(\d+\): (?:fatal )?error: (?P<error>.{0,120})",
            r"ninja: (?:error|fatal): ",
            r"No rule to make target (?P<target>\S+)",
            r"^\S+:\d+: \*\*\* (?P<error>.{0,120})",
            r"make(?:\[\d+\])?: \*\*\* (?!\[)(?P<error>.{0,120})stop\.",
            r"Cannot find module '(?P<module>\.{1,2}/[^']+)'",
            r"error TS\d+",
            r"not a git repository",
            r"fatal error: (?P<header>\S+): no such file",
            r"undefined reference to",
            r"ld(?:\.\w+)?: cannot find",
            r"linker command failed",
            r"error: command '\S*(?:gcc|g\+\+|cc|clang|nvcc|x86_64-linux-gnu-\w+)'? failed",
            r"CMake Error(?: at (?P<file>\S+))?",
            r"ninja: build stopped",
            r"error\[E\d+\]",
            r"error TS\d+",
            r"Could NOT find (?P<package>\w+) \((?:missing|Required)",
            r"configure: error: ",
            r"nvcc fatal *: (?P<error>.{0,120})",
            r"BUILD FAILED",
            r"cargo .{0,20}failed",
            r"SyntaxError: .{0,80}\.(?:js|ts)",
        ),
        advice=(
            "Correct what the compiler names, or install the header, library or compiler that it misses "
            "before that step."
        ),
        sources=(Source.CLOUD_BUILD,),
        samples=(
            "ops.cpp:14:5: error: 'at' has not been declared",
            "/usr/bin/ld: cannot find -lcudart",
            "Makefile:9: *** target pattern contains no '%'.  Stop.",
            "make: *** No targets specified and no makefile found.  Stop.",
            "ring.c:5:11: error: unused variable 'n' [-Werror=unused-variable]",
        ),
    ),
    Rule(
        id="build.source_line",
        category=Category.BUILD_FAILURE,
        patterns=(
            (
                r"^(?P<place>\S+\.(?:go|rs|java|kt|cc?|cpp|cxx|cu|hh?|hpp|tsx?|jsx?|py|proto|swift)"
                r":\d+:\d+):? (?!warning|note|info|In )"
            ),
            r"^(?P<place>\d+:\d+) +error ",
        ),
        advice="Correct the source at {place}, as the line says, then build again.",
        sources=(Source.CLOUD_BUILD,),
        specificity=Specificity.CLASS,
        samples=('./cmd/run.go:12:4: "fmt" imported and not used',),
        counters=("src/ops.c:3:5: warning: unused variable 'n'",),
    ),
    Rule(
        id="build.compiler_at_run",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"^\S+?:\d+(?::\d+)?: (?:fatal )?error: (?P<error>.{0,120})",
            r"ld(?:\.\w+)?: cannot find",
            r"undefined reference to",
            r"failed to find C compiler",
        ),
        advice=(
            "The job compiles at run time: put the compiler, headers and libraries that the line names into "
            "the image, or ship the extension built."
        ),
        sources=(Source.VERTEX, Source.CLOUD_RUN),
        specificity=Specificity.CLASS,
        samples=("/app/build/main.c:2:10: fatal error: Python.h: No such file or directory",),
    ),
    Rule(
        id="build.extension",
        category=Category.BUILD_FAILURE,
        patterns=(r"ninja: build stopped", r"Error building extension '[\w.]+'"),
        advice="An extension did not compile: see what the compiler said before.",
        sources=(Source.VERTEX, Source.CLOUD_RUN),
        specificity=Specificity.SECONDARY,
        samples=("RuntimeError: Error building extension 'fused_ops'",),
    ),
    Rule(
        id="build.dockerfile",
        category=Category.BUILD_FAILURE,
        patterns=(
            (
                r"failed to solve(?: with frontend \S+)?: .{0,40}(?:dockerfile|parse|unknown|failed to "
                r"(?:calculate|compute|read|create)|not found|no such)"
            ),
            r"dockerfile parse error",
            r"unknown instruction:? (?P<word>\S+)",
            r"failed to (?:calculate|compute) (?:checksum|cache key)",
            r"(?:COPY|ADD) failed:?.{0,160}",
            r"failed to read dockerfile",
            r"Cannot connect to the Docker daemon",
            r"unable to prepare context",
            r"unable to evaluate symlinks in Dockerfile",
            r"error building image: (?:parsing|getting|could not|unable|error resolving|failed to get) ",
            r"forbidden path outside the build context",
            r"no build stage in current context",
            r"invalid from flag value",
            r"file not found in build context",
            r"lstat .{0,160}no such file",
            r"\"/?\S+\": not found",
            r"failed to get filesystem from image",
            r"error resolving dockerfile path",
            r"dockerfile requires? at least one",
            r"circular dependency",
        ),
        advice=(
            "Correct the Dockerfile's line that is named; files to copy must be in the build context "
            "(see .dockerignore and .gcloudignore)."
        ),
        sources=(Source.CLOUD_BUILD,),
        samples=(
            (
                "COPY failed: file not found in build context or excluded by .dockerignore: stat "
                "requirements-gpu.txt: file does not exist"
            ),
            (
                "error building image: parsing dockerfile: Dockerfile parse error line 3: unknown "
                "instruction: RUNN"
            ),
        ),
    ),
    Rule(
        id="build.push_rejected",
        category=Category.BUILD_FAILURE,
        patterns=(r"^! \[rejected\] .{0,160}\((?P<reason>[^)]{1,60})\)", r"updates were rejected because"),
        advice="The branch has moved on ({reason}): rebase before the push, or push to another branch.",
        sources=(Source.CLOUD_BUILD,),
        specificity=Specificity.CLASS,
        samples=(" ! [rejected]        main -> main (non-fast-forward)",),
        counters=(" ! [remote rejected] main -> main (protected branch hook declined)",),
    ),
    Rule(
        id="build.tests",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"^FAILED (?P<test>\S+::\S+)",
            r"^ERROR (?P<test>\S+\.py(?:::\S+)?)(?: - |$)",
            r"^E {3,}(?P<error>\S.{0,160})",
            r"=+ .{0,60}\b\d+ (?:failed|errors?)\b.{0,60} in [\d.]+s",
            r"^FAIL: (?P<test>\S+)",
            r"^thread '(?P<test>[^']{1,120})'(?: \(\d+\))? panicked at",
            r"^ERROR: (?P<test>test\w{0,80}) \([\w.]{1,200}\)",
            r"^\S+\.(?:cc|cpp|cxx|c|h|hpp|m|mm):\d+: failure$",
            r"^\[ {2}FAILED {2}\] (?P<test>[A-Z]\S+)",
            "^\u25cf (?P<test>.{1,100} \u203a .{1,100})",
            r"--- FAIL: (?P<test>\S+)",
            r"tests? failed",
            r"Interrupted: \d+ errors? during collection",
            r"^would reformat",
            r"Found \d+ errors?\b",
            r"Would (?:fail|reformat)",
            r"coverage .{0,40}(?:less than|below|not reached)",
            r"FAIL Required test coverage",
        ),
        unless=(r"test failed, to rerun",),
        advice="Correct the test that fails (run it locally with the same command), then build again.",
        sources=(Source.CLOUD_BUILD,),
        specificity=Specificity.CLASS,
        samples=(
            "FAILED tests/test_model.py::test_forward - AssertionError: assert 3 == 4",
            "  \u25cf queue \u203a pops what it pushed",
            "ring_test.cc:12: Failure",
            "ERROR: test_split (tests.T.test_split)",
        ),
    ),
)
