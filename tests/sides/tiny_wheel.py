"""The smallest package there is, made without a network; imports the standard library only, as a build backend must."""

import base64
import hashlib
import zipfile
from pathlib import Path

SOURCE = Path(__file__).parent
PYPROJECT = """[project]
name = "tiny"
version = "3.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
# A build backend that needs nothing: it packs the one module of its folder.
BACKEND = f"""import pathlib, sys
sys.path.insert(0, {str(SOURCE)!r})
from tiny_wheel import write_wheel
def build_wheel(folder, config_settings=None, metadata_directory=None):
    return write_wheel(pathlib.Path(folder), "3.0", pathlib.Path("tiny.py").read_text()).name
"""


def write_wheel(folder: Path, version: str, code: str) -> Path:
    """Write the smallest wheel of a project named tiny."""
    info = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    path = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(text.encode())}")
            wheel.writestr(name, text)
        wheel.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]))
    return path
