"""Installing packages and building images."""

from __future__ import annotations

from bot.diagnosis.cause import Cause, Strength
from bot.models.diagnosis import Category, Source

#: For what a package's own build raised while pip installed it, whatever it would mean in a program.
PACKAGE_BUILD = Cause(
    id="install.package_build",
    category=Category.DEPENDENCY_INSTALL,
    advice=(
        "Install what the package's build asks for before it (compiler, headers, CUDA toolkit, torch "
        "itself), or pin a version that has a ready wheel for this Python."
    ),
    strength=Strength.SPECIFIC,
)

BUILD = (
    Cause(
        id="install.pip",
        category=Category.DEPENDENCY_INSTALL,
        patterns=(
            r"no matching distribution found for (?P<package>\S+)",
            r"cannot install .{0,200}because these package versions have conflicting",
            r"conflicting dependencies",
            r"resolution-too-deep",
            r"has requirement .{0,80}but you.ll have",
            r"requires a different python: ",
            r"not in '[<>=!~\d., *]+'",
            r"is not a supported wheel on this platform",
            r"invalid requirement: '?(?P<package>[^'\s]+)",
            r"THESE PACKAGES DO NOT MATCH THE HASHES",
            r"could not open requirements file",
            r"externally-managed-environment",
            r"is not a valid (?:wheel|editable)",
            r"cannot uninstall '?(?P<package>[\w.-]+)",
            r"could not install packages due to",
            r"Microsoft Visual C\+\+ [\d.]+ or greater is required",
            r"does not appear to be a python project",
            r"neither 'setup\.py' nor 'pyproject\.toml' found",
            r"Invalid wheel filename",
            r"HTTP error 404 while getting",
        ),
        advice=(
            "Correct the version of {package} in requirements (does it exist for this Python and "
            "platform?), or install what its build needs."
        ),
        samples=(
            "ERROR: No matching distribution found for torch==9.9.9",
            (
                "ERROR: Cannot install a==1 and b==2 because these package versions have conflicting "
                "dependencies."
            ),
        ),
    ),
    Cause(
        id="install.pip_build",
        category=Category.DEPENDENCY_INSTALL,
        patterns=(
            r"could not find a version that satisfies the requirement (?P<package>\S+)",
            r"failed building wheel for (?P<package>\S+)",
            r"could not build wheels for (?P<package>\S+)",
            r"failed to build (?:installable wheels for )?(?P<package>[\w.-]+)",
            r"metadata-generation-failed",
            r"ResolutionImpossible",
        ),
        advice=(
            "Install what the build of {package} needs before it (compiler, headers, torch itself), or "
            "pin a version that has a ready wheel for this Python."
        ),
        strength=Strength.CLASS,
        samples=("ERROR: Failed building wheel for flash-attn",),
    ),
    Cause(
        id="install.others",
        category=Category.DEPENDENCY_INSTALL,
        patterns=(
            r"unable to locate package (?P<package>\S+)",
            r"package '?(?P<package>\S+?)'? has no installation candidate",
            r"couldn't find any package by (?:regex|glob)",
            r"version '(?P<version>\S+)' for '(?P<package>\S+)' was not found",
            r"unmet dependencies",
            r"held broken packages",
            r"unable to correct problems",
            (
                r"the repository .{0,120}(?:is not signed|does not have a release file|no longer has a "
                r"release file)"
            ),
            r"failed to fetch \S+ +40\d\b",
            r"sub-process /usr/bin/dpkg returned",
            r"hash sum mismatch",
            r"NO_PUBKEY",
            r"(?:GPG error|OpenPGP signature verification failed): (?P<repository>\S+)",
            r"could not get lock /var",
            r"dpkg: error processing",
            r"no solution found when resolving",
            r"x no solution found",
            r"because .{0,160} (?:we can conclude|depends on)",
            r"version solving failed",
            r"SolverProblemError",
            r"PackagesNotFoundError",
            r"UnsatisfiableError",
            r"LibMambaUnsatisfiableError",
            r"ResolvePackageNotFound",
            r"package .{0,80}is not available",
            r"nothing provides (?P<package>\S+)",
            r"could not solve for environment",
            r"pyproject\.toml changed significantly",
            r"poetry\.lock is not up to date",
            r"lockfile .{0,40}(?:needs to be updated|out of date|outdated)",
            r"Unable to find installation candidates",
            (
                r"npm (?:ERR!|error) (?:code )?(?:ERESOLVE|E404|ETARGET|ENOTFOUND|EINTEGRITY|ENOENT|"
                r"EBADENGINE|EUSAGE)"
            ),
            r"npm (?:ERR!|error) (?:404|notarget).{0,120}",
            r"notarget No matching version found for (?P<package>\S+)",
            r"could not resolve dependency",
            r"npm ci.{0,60}can only install",
            r"ERR_PNPM_\w+",
            r"Couldn't find package \"?(?P<package>[^\"\s]+)",
            r"gem::",
            r"could not find gem",
            r"go: .{0,120}(?:unknown revision|module lookup disabled|no required module)",
            r"error: failed to select a version for",
            r"no matching package named",
            r"unable to select packages",
            r"(?P<package>\S+) \(no such package\)",
            r"nothing to do.{0,20}no match for argument",
            r"no match for argument: (?P<package>\S+)",
            r"No package (?P<package>\S+) available",
            r"Distribution not found at",
        ),
        advice=(
            "Correct the name or version of {package}, or add the repository (and an update of its "
            "index) that has it."
        ),
        samples=(
            "E: Unable to locate package libcudnn8-x",
            "  \u00d7 No solution found when resolving dependencies:",
            "npm ERR! code ERESOLVE",
            "E: Package 'python3.7' has no installation candidate",
        ),
    ),
    Cause(
        id="install.fetch",
        category=Category.DEPENDENCY_INSTALL,
        patterns=(r"failed to fetch \S+", r"unable to fetch some archives"),
        advice="Run the index update in the same step (apt-get update && apt-get install), then build again.",
        strength=Strength.CLASS,
        samples=("E: Failed to fetch http://apt.acme.example/pool/curl_7.deb  Bad header line",),
    ),
    Cause(
        id="build.compiler",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"^\S+?:\d+(?::\d+)?: (?:fatal )?error: (?P<error>.{0,120})",
            r"^\S+\(\d+\): (?:fatal )?error: (?P<error>.{0,120})",
            r"ninja: (?:error|fatal): ",
            r"No rule to make target (?P<target>\S+)",
            r"error TS\d+",
            r"not a git repository",
            r"^\S+\.\w+:\d+:\d+:? (?:error|[A-Z]{1,4}\d{3,4})\b",
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
        ),
    ),
    Cause(
        id="build.compiler_at_run",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"^\S+?:\d+(?::\d+)?: (?:fatal )?error: (?P<error>.{0,120})",
            r"ld(?:\.\w+)?: cannot find",
            r"undefined reference to",
            r"ninja: build stopped",
            r"Error building extension '(?P<extension>[\w.]+)'",
            r"failed to find C compiler",
        ),
        advice=(
            "The job compiles at run time: put the compiler, headers and libraries that the line names into "
            "the image, or ship the extension built."
        ),
        sources=(Source.VERTEX, Source.CLOUD_RUN),
        strength=Strength.CLASS,
        samples=("/app/build/main.c:2:10: fatal error: Python.h: No such file or directory",),
    ),
    Cause(
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
    Cause(
        id="build.tests",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"^FAILED (?P<test>\S+::\S+)",
            r"^ERROR (?P<test>\S+\.py(?:::\S+)?)(?: - |$)",
            r"^E {3,}(?P<error>\S.{0,160})",
            r"=+ .{0,60}\b\d+ (?:failed|errors?)\b.{0,60} in [\d.]+s",
            r"^FAIL: (?P<test>\S+)",
            r"--- FAIL: (?P<test>\S+)",
            r"tests? failed",
            r"Interrupted: \d+ errors? during collection",
            r"^would reformat",
            r"Found \d+ errors?\b",
            r"Would (?:fail|reformat)",
            r"coverage .{0,40}(?:less than|below|not reached)",
            r"FAIL Required test coverage",
        ),
        advice="Correct the test that fails (run it locally with the same command), then build again.",
        sources=(Source.CLOUD_BUILD,),
        strength=Strength.CLASS,
        samples=("FAILED tests/test_model.py::test_forward - AssertionError: assert 3 == 4",),
    ),
)
