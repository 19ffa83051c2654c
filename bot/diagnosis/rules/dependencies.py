"""Rules for package installation: pip, uv, apt, npm, cargo and others."""

from __future__ import annotations

from bot.diagnosis.rules.rule import LINE, Rule, Specificity
from bot.models.diagnosis import Category

#: For errors of a package build that pip ran, whatever they would mean in a program.
PACKAGE_BUILD = Rule(
    id="install.package_build",
    category=Category.DEPENDENCY_INSTALL,
    advice=(
        "Install what the package's build asks for before it (compiler, headers, CUDA toolkit, torch "
        "itself), or pin a version that has a ready wheel for this Python."
    ),
    specificity=Specificity.SPECIFIC,
)

#: Limits a rule to lines and exceptions of installers; libraries may raise the same words for another reason.
_INSTALLERS = (
    LINE,
    "CalledProcessError",
    "PackagesNotFoundError",
    "UnsatisfiableError",
    "LibMambaUnsatisfiableError",
    "ResolvePackageNotFound",
    "SolverProblemError",
    "ResolutionImpossible",
    "InstallationError",
    "DistributionNotFound",
    "VersionConflict",
    "InvalidRequirement",
    "InvalidWheelFilename",
    "UnsupportedWheel",
    "BuildBackendException",
    "FetchFailedException",
)

INSTALLS = (
    Rule(
        id="install.pip",
        category=Category.DEPENDENCY_INSTALL,
        exceptions=_INSTALLERS,
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
            r"Microsoft Visual C\+\+ [\d.]+ or greater is required",
            r"does not appear to be a python project",
            r"neither 'setup\.py' nor 'pyproject\.toml' found",
            r"Invalid wheel filename",
            r"error in (?P<package>\S+) setup command",
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
    Rule(
        id="install.pip_build",
        category=Category.DEPENDENCY_INSTALL,
        exceptions=_INSTALLERS,
        patterns=(
            r"could not find a version that satisfies the requirement (?P<package>\S+)",
            r"failed building wheel for (?P<package>\S+)",
            r"could not build wheels for (?P<package>\S+)",
            r"failed to build '?(?:installable wheels for )?(?P<package>[\w.-]+)",
            r"could not install packages due to",
            r"metadata-generation-failed",
            r"ResolutionImpossible",
            r"held broken packages",
            r"unable to correct problems",
        ),
        advice=(
            "Install what the build of {package} needs before it (compiler, headers, torch itself), or "
            "pin a version that has a ready wheel for this Python."
        ),
        specificity=Specificity.CLASS,
        samples=("ERROR: Failed building wheel for flash-attn",),
    ),
    Rule(
        id="install.others",
        category=Category.DEPENDENCY_INSTALL,
        exceptions=_INSTALLERS,
        patterns=(
            r"unable to locate package (?P<package>\S+)",
            r"package '?(?P<package>\S+?)'? has no installation candidate",
            r"couldn't find any package by (?:regex|glob)",
            r"version '(?P<version>\S+)' for '(?P<package>\S+)' was not found",
            r"unmet dependencies",
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
            r"because .{0,160} we can conclude",
            r"because \S+[=<>]\S* .{0,160}depends on",
            r"version solving failed",
            r"SolverProblemError",
            r"PackagesNotFoundError",
            r"UnsatisfiableError",
            r"LibMambaUnsatisfiableError",
            r"ResolvePackageNotFound",
            r"package .{0,80}is not available",
            r"nothing provides (?P<package>\S+)",
            r"pyproject\.toml changed significantly",
            r"python version .{0,40}is not (?:allowed|supported)",
            r"Depends: (?P<package>\S+) .{0,60}but (?:it is not|\S+ is to be|.{0,30}not going)",
            r"poetry\.lock is not up to date",
            r"lockfile .{0,40}(?:needs to be updated|out of date|outdated)",
            r"Unable to find installation candidates",
            r"Failed to prepare distributions",
            r"Distribution `(?P<package>[^`]+)` can't be installed",
            r"Cannot find package \"?(?P<package>[^\"\s]+)",
            r"Failed to (?:download and )?build `(?P<package>[^`]+)`",
            r"Unable to find a match: (?P<package>\S+)",
            r"unsatisfiable constraints",
            r"package `(?P<package>[^`]+)` cannot be built because",
            (
                r"npm (?:ERR!|error) (?:ERESOLVE|E404|ETARGET|ENOTFOUND|EINTEGRITY|ENOENT|"
                r"EBADENGINE|EUSAGE)"
            ),
            r"npm (?:ERR!|error) (?:404|notarget).{0,120}",
            r"notarget No matching version found for (?P<package>\S+)",
            r"could not resolve dependency",
            r"npm ci\b.{0,60}can only install",
            r"integrity checksum failed when using \w+",
            r"not compatible with your version of (?P<engine>[\w/]+)",
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
            "npm ERR! ERESOLVE could not resolve",
            "E: Package 'python3.7' has no installation candidate",
        ),
        counters=(
            "acme.errors.TraceError: the value is not available in Python because it depends on x",
            "ERROR: this package of rules is not used because it depends on x",
        ),
    ),
    Rule(
        id="install.fetch",
        category=Category.DEPENDENCY_INSTALL,
        exceptions=_INSTALLERS,
        patterns=(r"failed to fetch \S+", r"unable to fetch some archives"),
        advice="Run the index update in the same step (apt-get update && apt-get install), then build again.",
        specificity=Specificity.CLASS,
        samples=("E: Failed to fetch http://apt.acme.example/pool/curl_7.deb  Bad header line",),
    ),
)
