"""Size of what is deployed, unzipped, and the ten largest packages."""

from pathlib import Path

from tests.benchmarks.contestants import COMPILED, NAIVE
from tests.e2e.sandbox import BUILD


def measure() -> dict[str, float]:
    """Return megabytes by name; packages are those of our dependency layer."""
    layer = BUILD / "DependenciesLayer" / "python"
    packages = {path.name: megabytes(path) for path in layer.iterdir() if path.is_dir()}
    largest = sorted(packages.items(), key=lambda item: -item[1])[:10]
    return {
        "our dependency layer": megabytes(layer),
        "our dependency layer, without bytecode": megabytes(layer, bytecode=False),
        "our own layer": megabytes(BUILD / "ClickToDialLayer"),
        "naive": megabytes(NAIVE),
        "naive with bytecode": megabytes(COMPILED),
        **{f"layer: {name}": size for name, size in largest},
    }


def megabytes(folder: Path, *, bytecode: bool = True) -> float:
    """Add up the sizes of all files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files if bytecode or path.suffix != ".pyc") / 1e6
