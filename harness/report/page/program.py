"""The files of a variant as one program that runs: its imports, its parts, and a main that saves each image as a file."""

import ast
from collections.abc import Iterator, Sequence

from harness.model import Contender
from harness.text import syntax_of

CONTRACT = {"FETCH", "HTTP", "IN_FLIGHT", "LOOPS"}  # what a file says to the harness, and no program needs
ORDER = ("client", "concurrency", "loop")

_MAIN = """\
{head}main() -> None:
    {enter} open_client(concurrency={concurrency}, timeout_s=60.0, ca_file=None) as fetch:

        {fetch_head}save(url: str) -> bytes:
            body = {wait_fetch}fetch(url)
            Path(url.rsplit("/", 1)[-1] or "image").write_bytes(body)
            return body

        {wait}download(save, sys.argv[1:], {concurrency})


if __name__ == "__main__":
    {start}
"""


def program(files: Sequence[Contender], concurrency: int) -> str | None:
    """One file that downloads the URLs of its command line; None if its parts cannot stand in one file.

    Args:
        files: the contenders of one variant.
        concurrency: that it asks of its model.
    """
    ordered = sorted(files, key=lambda file: ORDER.index(file.axis))
    trees = [tree for file in ordered if (tree := syntax_of(file.source))]
    if len(trees) < len(ordered):
        return None
    if not _fit(trees) or [file.axis for file in ordered[:2]] != list(ORDER[:2]):
        return None
    imports = _imports([*trees, ast.parse("import sys\nfrom pathlib import Path")])
    parts = [
        part
        for file, tree in zip(ordered, trees, strict=True)
        for part in (f"# {file.label}", *_parts(file.source, tree))
    ]
    return "\n\n\n".join([imports, *_joined(parts), _main(ordered, concurrency)])


def _main(files: Sequence[Contender], concurrency: int) -> str:
    is_async, has_loop = files[0].fetch == "async", len(files) > len(ORDER) - 1
    return _MAIN.format(
        head="async def " if has_loop else "def ",
        enter="async with" if is_async else "with",
        fetch_head="async def " if is_async else "def ",
        wait_fetch="await " if is_async else "",
        wait="await " if has_loop else "",
        start="run(main)" if has_loop else "main()",
        concurrency=concurrency,
    )


def _fit(trees: Sequence[ast.Module]) -> bool:
    """Whether no name means two things."""
    defined = [name for tree in trees for node in tree.body for name in _names(node) if name not in CONTRACT]
    return len(set(defined)) == len(defined)


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def _imports(trees: Sequence[ast.Module]) -> str:
    """All of them, each once; those of one module in one line."""
    whole: set[str] = set()
    of_module: dict[str, set[str]] = {}
    for node in (node for tree in trees for node in tree.body):
        if isinstance(node, ast.Import):
            whole |= {ast.unparse(ast.Import(names=[name])) for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            of_module.setdefault(f"{'.' * node.level}{node.module or ''}", set()).update(
                map(ast.unparse, node.names)
            )
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in of_module.items()]
    return "\n".join(
        sorted([*whole, *lines], key=lambda line: ("__future__" not in line, line.startswith("from"), line))
    )


def _parts(source: str, tree: ast.Module) -> Iterator[str]:
    """Each statement that a program needs, with the comments above it."""
    lines, before = source.splitlines(), 0
    for node in tree.body:
        first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", ()))])
        comments = [line for line in lines[before : first - 1] if line.strip()]
        before = node.end_lineno or first
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if (
            not is_text
            and not isinstance(node, ast.Import | ast.ImportFrom)
            and not CONTRACT & set(_names(node))
        ):
            yield "\n".join([*comments, *lines[first - 1 : before]])


def _joined(parts: Sequence[str]) -> list[str]:
    """A label stands right above what it names."""
    found: list[str] = []
    label = ""
    for part in parts:
        if part.startswith("# ") and "\n" not in part:
            label = f"{part}\n"
        else:
            found.append(label + part)
            label = ""
    return found
