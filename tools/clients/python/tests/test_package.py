import ast
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from typing import List

FOLDER = pathlib.Path(__file__).resolve().parents[1]


def can_build() -> bool:
    names = ("pip", "setuptools", "wheel")
    return all(importlib.util.find_spec(name) is not None for name in names)


class PackageTests(unittest.TestCase):
    def test_python_3_8_can_read_it(self) -> None:
        files = list((FOLDER / "proofreel").glob("*.py"))
        self.assertGreater(len(files), 8)
        for file in files:
            ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 8))

    @unittest.skipUnless(can_build(), "SKIPPED LOUDLY: there is no pip, setuptools or wheel here")
    def test_it_installs_from_its_folder_and_as_a_wheel_without_a_network(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = folder + "/python"
            shutil.copytree(str(FOLDER), copy, ignore=shutil.ignore_patterns("__pycache__"))
            self.pip("wheel", "-w", folder + "/wheels", copy)
            wheel = next(pathlib.Path(folder + "/wheels").glob("proofreel-*.whl"))
            with zipfile.ZipFile(str(wheel)) as names:
                self.assertIn("proofreel/py.typed", names.namelist())
            for number, source in enumerate((copy, str(wheel))):
                target = "%s/installed-%d" % (folder, number)
                self.pip("install", "--target", target, source)
                said = subprocess.run(
                    [sys.executable, "-c", "import proofreel; print(proofreel.__file__)"],
                    env=dict(os.environ, PYTHONPATH=target), cwd=folder, check=True,
                    stdout=subprocess.PIPE).stdout.decode()
                self.assertTrue(said.startswith(target), said)

    def pip(self, command: str, *words: str) -> None:
        line = [sys.executable, "-m", "pip", command, "-q", "--no-index", "--no-deps",
                "--no-build-isolation", "--disable-pip-version-check"]
        done = subprocess.run(
            line + list(words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode("utf-8", "replace"))

    @unittest.skipUnless(
        importlib.util.find_spec("mypy"), "SKIPPED LOUDLY: there is no mypy to check the types")
    def test_types_hold_strictly(self) -> None:
        with tempfile.TemporaryDirectory() as cache:
            line = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache]
            words = ["proofreel", "tests"]  # type: List[str]
            done = subprocess.run(
                line + words, cwd=str(FOLDER), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
