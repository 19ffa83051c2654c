"""Imports one client out of Google's packages without the rest of them.

`google.cloud.aiplatform_v1` loads 33 services and 124 type modules when it is imported: half a second and
60 MB for the one service that we call. Its modules import each other by full name, so they load as well
under empty packages, which are taken away again afterwards: whoever imports the package later gets all
of it, with the modules that are already there.
"""

from __future__ import annotations

import importlib
import sys
import threading
from importlib.machinery import PathFinder
from types import ModuleType

# sys.modules belongs to the whole process: two threads must not find each other's empty packages.
_ONE_AT_A_TIME = threading.Lock()


def import_lean(package: str, module: str, *, hollow: tuple[str, ...] = ("",)) -> ModuleType:
    """Imports `package` + `module` with those parts of the package that `hollow` names left empty.

    `hollow` holds suffixes of `package`, outer ones first. Packages that are loaded already stay as they are.
    """
    with _ONE_AT_A_TIME:
        emptied = [name for suffix in hollow if _hollow_out(name := package + suffix)]
        try:
            return importlib.import_module(package + module)
        finally:
            for name in emptied:
                del sys.modules[name]


def _hollow_out(name: str) -> bool:
    if name in sys.modules:
        return False
    parent = sys.modules.get(name.rpartition(".")[0]) or importlib.import_module(name.rpartition(".")[0])
    spec = PathFinder.find_spec(name, parent.__path__)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No package named {name!r}", name=name)
    empty = ModuleType(name)
    empty.__path__ = list(spec.submodule_search_locations)
    empty.__spec__ = spec
    sys.modules[name] = empty
    return True
