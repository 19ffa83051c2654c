"""Rules for exceptions of the program itself and its imports."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

IMPORTS = (
    Rule(
        id="import.module",
        category=Category.IMPORT_ERROR,
        patterns=(
            r"no module named '?(?P<module>[\w.]+)",
            r"cannot import name '(?P<name>\w+)'(?: from '(?P<module>[\w.]+)')?",
            r"undefined symbol: (?P<symbol>\w+)",
            r"cannot open shared object file",
            r"DLL load failed",
            r"GLIBC(?:XX)?_[\d.]+' not found",
            r"requires the (?P<module>[\w-]+) (?:library|package) but it was not found",
            r"partially initialized module",
            r"descriptors cannot (?:not )?be created directly",
            r"(?:failed to import|could not import|unable to import) (?P<module>[\w.]+)",
            r"(?P<module>[\w-]+) (?:is not installed|package not found)",
            r"please (?:run )?`?pip install (?P<package>[\w\[\]-]+)",
            r"a module that was compiled using NumPy 1",
            r"numpy\.dtype size changed",
            r"numpy is not available",
            r"operator \S+ does not exist",
            r"can't find model '(?P<module>[\w./-]+)'. It doesn't seem to be a Python package",
            r"this modeling file requires the following packages",
            r"has been installed but (?:the )?package .{0,30}",
            r"module '[\w.]+' has no attribute '\w+'.{0,40}circular import",
        ),
        exceptions=(
            "ImportError",
            "ModuleNotFoundError",
            "PackageNotFoundError",
            "RuntimeError",
            "ValueError",
            "OSError",
            "DistributionNotFound",
            "VersionConflict",
            "AttributeError",
            "TypeError",
            "OptionalDependencyNotAvailable",
        ),
        advice=(
            "Add the package that has {module} to the image's requirements (with a version that fits the "
            "others), rebuild and launch again."
        ),
        samples=(
            "ModuleNotFoundError: No module named 'flash_attn'",
            (
                "ImportError: cannot import name 'AdamW' from 'transformers' "
                "(/usr/lib/python3/site-packages/transformers/__init__.py)"
            ),
            "ImportError: /usr/lib/flash_attn_2_cuda.so: undefined symbol: _ZN3c104cuda9SetDeviceEi",
        ),
    ),
    Rule(
        id="import.line",
        category=Category.IMPORT_ERROR,
        patterns=(
            r"/?python[\d.]*: No module named (?P<module>[\w.]+)",
            r"Error while finding module specification for '(?P<module>[\w.]+)'",
            r"error while loading shared libraries: (?P<library>\S+)",
            r"Cannot find module '(?P<module>[^']+)'",
            r"Error locating target '(?P<module>[\w.]+)'",
            r"^E {3,}(?:ModuleNotFoundError|ImportError): (?P<error>.{0,120})",
            r"requires? (?:the )?(?P<package>[\w.-]+) (?:package|library|module)s?\b.{0,80}\binstall",
            (
                r"please install (?:it|them|the package|the library)?.{0,20}(?:with|using|via|by "
                r"running):? .{0,4}pip3? install"
            ),
        ),
        advice="Add the package that has {module} to the image, or correct the module's name in entry_point.",
        samples=(
            "/usr/local/bin/python: No module named arr_coc.trian",
            "E   ModuleNotFoundError: No module named 'acme.grid'",
            (
                "acme.errors.Error: S3 support requires the acme-s3 package. Install it with `pip install "
                "acme[s3]`."
            ),
        ),
    ),
    Rule(
        id="import.class",
        category=Category.IMPORT_ERROR,
        exceptions=(
            "ImportError",
            "ModuleNotFoundError",
            "PackageNotFoundError",
            "DistributionNotFound",
            "VersionConflict",
            "ContextualVersionConflict",
        ),
        advice=(
            "A package is missing or does not fit the others: pin it in the image's requirements and rebuild."
        ),
        samples=("ImportError: something odd",),
    ),
)

CODE = (
    Rule(
        id="code.sweep",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"Run \w+ errored: ?(?P<error>.{0,160})",
            r"Caught (?P<error>\w+) in (?:DataLoader worker process|replica) \d+",
        ),
        advice=(
            "The program itself raised: reproduce that run locally with the same configuration and "
            "correct the line that the traceback names."
        ),
        specificity=Specificity.GENERIC,
        samples=("Run abcd1234 errored: KeyError('label')",),
    ),
    Rule(
        id="code.panic",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"^panic: (?P<error>.{0,160})",
            r"^\S*sh: (?:line )?\d+: (?P<error>syntax error.{0,160})",
            r"line \d+: (?P<error>syntax error.{0,160})",
            r"^thread '.{0,80}'(?: \(\d+\))? panicked at (?P<error>.{0,160})",
            r'^Exception in thread "[^"]{0,80}" (?P<error>.{0,160})',
            r"^Caused by: (?P<error>[\w.$]+(?:: .{0,160})?)",
        ),
        advice=(
            "The program itself crashed: reproduce it locally with the same input and correct what the "
            "line names."
        ),
        specificity=Specificity.GENERIC,
        samples=(
            "panic: runtime error: integer divide by zero",
            "thread 'main' panicked at src/main.rs:4:9:",
        ),
    ),
    Rule(
        id="code.signal",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"segmentation fault",
            r"SIGSEGV",
            r"exit(?:ed with)?(?: a non-zero)?(?: code| status)(?: of)?:? ?(?:139|134|-11|-6)\b",
            r"Fatal Python error",
            r"exit ?code ?: +-(?:4|6|8|11)\b",
            r"exitcode: -(?:4|6|8|11)\b",
            r"Signal (?:4|6|8|11) \(SIG\w+\) received",
            r"SIGABRT",
            r"core dumped",
            r"(?:malloc|free|realloc|munmap_chunk)\(\): ",
            r"double free or corruption",
            r"stack smashing detected",
            r"illegal instruction",
            r"status: 139",
            r"terminate called after throwing an instance of",
            r"^what\(\): ",
        ),
        advice=(
            "A native library crashed: run with PYTHONFAULTHANDLER=1 to see where, and check that torch, "
            "CUDA and compiled extensions were built for each other."
        ),
        specificity=Specificity.GENERIC,
        samples=("Fatal Python error: Segmentation fault",),
    ),
    Rule(
        id="code.pickle",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"can(?:'t|not) pickle (?:local object )?'?(?P<object>[\w.<>]+)",
            r"can't get local object '(?P<object>[^']+)'",
            r"it's not the same object as (?P<object>[\w.]+)",
            r"unsupported global: GLOBAL (?P<object>[\w.]+)",
        ),
        advice="Define {object} at the top of a module: a worker process is sent it by name.",
        samples=("AttributeError: Can't pickle local object 'build.<locals>.<lambda>'",),
    ),
    Rule(
        id="code.state_dict",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"Error\(s\) in loading state_dict for (?P<model>\w+)",
            r"size mismatch for (?P<weight>[\w.]+)",
            r"mat1 and mat2 shapes cannot be multiplied",
            r"The size of tensor a",
            r"shape '?\[.{0,60}is invalid for input of size",
            r"Expected all tensors to be on the same device",
            r"does not require grad and does not have a grad_fn",
            r"Trying to backward through the graph a second time",
            r"expected scalar type",
            r"one of the variables needed for gradient computation",
            r"Expected to have finished reduction in the prior iteration",
        ),
        advice=(
            "Shapes, devices or weights do not fit together: check model configuration against "
            "checkpoint and batch at the line that the traceback names."
        ),
        samples=("RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x10 and 12x3)",),
    ),
)

#: For an exception that no rule matches: the program itself raised it.
EXCEPTION = Rule(
    id="code.exception",
    category=Category.CODE_EXCEPTION,
    advice=(
        "The program itself raised: reproduce it locally with the same configuration and correct the "
        "line that the traceback names."
    ),
    specificity=Specificity.GENERIC,
)
