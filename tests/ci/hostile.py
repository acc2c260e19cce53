"""A checkout of somebody who wants his files to run: every name that something on an agent may look for.

Each file that is run or imported leaves its name in ``marks``, which no test may find.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# What the installation and the program import, and what Python itself looks for.
MODULES = (
    "venv",
    "pip",
    "ensurepip",
    "shutil",
    "logging",
    "subprocess",
    "json",
    "re",
    "argparse",
    "ssl",
    "urllib",
    "encodings",
    "sitecustomize",
    "usercustomize",
    "site",
    "click",
    "yaml",
    "pydantic",
    "httpx",
    "azure",
    "msgraph",
    "provision",
    "hatchling",
    "setuptools",
    "virtualenv",
    "runpy",
    "zipfile",
    "hashlib",
)
PROGRAMS = (
    "python3",
    "python",
    "pip",
    "provision",
    "bash",
    "sh",
    "env",
    "git",
    "az",
    "gh",
    "node",
    "mktemp",
    "od",
    "tr",
    "cp",
    "wc",
    "tee",
    "cat",
    "dirname",
    "uv",
)


class Hostile:
    """The working directory, filled; ``marks`` is a file outside of it."""

    def __init__(self, folder: Path, marks: Path) -> None:
        self.folder, self.marks = folder, marks
        self._python = f"open({str(marks)!r}, 'a').write(__name__ + ' ' + __file__ + '\\n')\n"
        self._shell = f'#!/bin/sh\necho "$0" >> {marks}\n'
        for name in MODULES:
            self.module(folder, name)
        self.programs(folder)
        self.programs(folder / "bin")
        for name in ("setup.py", "conftest.py"):
            (folder / name).write_text(self._python)
        (folder / "usr" / "lib").mkdir(parents=True)
        for version in (f"python{sys.version_info[0]}.{sys.version_info[1]}", "python3"):
            for place in ("lib", "usr/lib", "local/lib"):
                packages = folder / place / version / "site-packages"
                packages.mkdir(parents=True)
                self.module(packages, "usercustomize")
                (packages / "evil.pth").write_text(f"import os; {self._python}")
        (folder / "pyvenv.cfg").write_text(f"home = {folder}/bin\ninclude-system-site-packages = true\n")
        settings = f"[global]\ntarget = {folder}/lib\npython = {folder}/bin/python3\nno-index = true\n"
        for name in ("pip.conf", ".pip/pip.conf", ".config/pip/pip.conf"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(settings)
        (folder / ".netrc").write_text("machine login.microsoftonline.com login mallory password x\n")
        (folder / "env.sh").write_text(f"echo env.sh >> {marks}\n")
        (folder / "startup.js").write_text(f"require('fs').appendFileSync({str(marks)!r}, 'node\\n')\n")
        hooks = folder / "template" / "hooks"
        self.programs(hooks, ("post-checkout", "post-merge", "reference-transaction", "post-index-change"))
        (folder / "gitconfig").write_text(
            f"[core]\n hooksPath = {hooks}\n fsmonitor = {folder}/bin/git\n sshCommand = {folder}/bin/env\n"
            f"[init]\n templateDir = {folder}/template\n[credential]\n helper = {folder}/bin/git\n"
        )

    def module(self, folder: Path, name: str) -> None:
        """Write a module that leaves a mark."""
        if name in {"pip", "logging", "urllib", "json", "encodings", "venv", "ensurepip", "provision"}:
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "__init__.py").write_text(self._python)
            (folder / name / "__main__.py").write_text(self._python)
        else:
            (folder / f"{name}.py").write_text(self._python)

    def programs(self, folder: Path, names: tuple[str, ...] = PROGRAMS) -> None:
        """Write programs that leave a mark; a folder or file of that name stays."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = folder / name
            if not path.exists():
                path.write_text(self._shell)
                path.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """What a job's variables may say about it; some are the workflow's own mistake, and no less real."""
        here = str(self.folder)
        return {
            "PATH": f"/{here}/bin:{here}/bin:.:bin::{os.environ['PATH']}",
            "PYTHONPATH": here,
            "PYTHONHOME": here,
            "PYTHONSTARTUP": f"{here}/setup.py",
            "PYTHONUSERBASE": here,
            "PYTHONWARNINGS": "error::usercustomize.X",
            "PYTHONBREAKPOINT": "usercustomize.x",
            "PYTHONPYCACHEPREFIX": here,
            "PIP_CONFIG_FILE": "pip.conf",
            "PIP_TARGET": f"{here}/lib",
            "PIP_PYTHON": f"{here}/bin/python3",
            "PIP_INDEX_URL": f"file://{here}",
            "PIP_NO_BINARY": ":all:",
            "PIP_REQUIREMENT": f"{here}/requirements.txt",
            "VIRTUAL_ENV": here,
            "XDG_CONFIG_HOME": f"{here}/.config",
            "GIT_CONFIG_GLOBAL": f"{here}/gitconfig",
            "GIT_TEMPLATE_DIR": f"{here}/template",
            "GIT_EXEC_PATH": f"{here}/bin",
            "GIT_DIR": f"{here}/.git",
            "GIT_SSH_COMMAND": f"{here}/bin/env",
            "GIT_ASKPASS": f"{here}/bin/env",
            "BASH_ENV": "env.sh",
            "ENV": "env.sh",
            "NETRC": f"{here}/.netrc",
            "NODE_OPTIONS": "--require ./startup.js",
            "CDPATH": here,
            "BASH_FUNC_cd%%": "() {  echo function >> " + str(self.marks) + '; builtin cd "$@"; }',
            "HOME": here,
            "TMPDIR": here,
        }

    @property
    def ran(self) -> list[str]:
        """What ran."""
        return self.marks.read_text().splitlines() if self.marks.exists() else []
