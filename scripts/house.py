"""The figures of the house, read off its source: how long functions and modules are, and whether imports go in circles.

`python scripts/house.py` prints them as the lines that docs/architecture.md keeps.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
FLAIT = ROOT / "flait"


@cache
def modules() -> Mapping[str, Path]:
    """Every module of Flait by its name; a package goes by its own."""
    found = {}
    for path in sorted(FLAIT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def function_lengths() -> list[int]:
    """The lines of each function, from `def` to its end, shortest first."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in modules().values()]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return sorted((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions)


def module_lengths() -> list[int]:
    """The lines of each module, shortest first."""
    return sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values())


def circles() -> list[str]:
    """The modules from which imports lead back to themselves."""
    known = modules()
    ahead = {name: _imports(path) & known.keys() for name, path in known.items()}
    return [name for name in known if name in _reached(name, ahead)]


def _reached(start: str, ahead: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    todo = set(ahead[start])
    while todo:
        reached |= todo
        todo = {there for here in todo for there in ahead[here]} - reached
    return reached


def _imports(path: Path) -> set[str]:
    return {name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for name in _named(node)}


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        known = modules()
        inside = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name if name in known else node.module for name in inside)


def at_the_door() -> int:
    """How many files stand directly in flait/."""
    return sum(path.is_file() for path in FLAIT.iterdir())


def figures() -> list[tuple[str, str, str]]:
    """What is measured, the value, and what it may be at most."""
    functions, lengths = function_lengths(), module_lengths()
    return [
        ("lines of a function, median", f"{median(functions):g}", "6"),
        ("lines of a function, 90 of 100", str(functions[len(functions) * 9 // 10]), "15"),
        ("lines of the longest function", str(functions[-1]), "40"),
        ("lines of the longest module", str(lengths[-1]), "400"),
        ("modules whose imports come back to them", str(len(circles())), "0"),
        ("files directly in flait/", str(at_the_door()), "12"),
    ]


def main() -> None:
    """Print them as a table of docs/architecture.md."""
    print(f"{len(function_lengths())} functions in {len(modules())} modules")
    for what, value, most in figures():
        print(f"| {what} | {value} | {most} |")


if __name__ == "__main__":
    main()
