# Tasks of this repository; `just` lists them. Each is a plain command that CONTRIBUTING.md has too.

_list:
    @{{just_executable()}} --list --unsorted

# Install everything for development into the active environment, and the commit hooks
setup:
    python -m pip install -e '.[dev]'
    pre-commit install

# Run the tests
test *args:
    pytest -n 2 {{args}}

# Run SQLAlchemy's compliance suite against the DuckDB dialect
dialect:
    pytest -c tests/dialect/setup.cfg tests/dialect

# Check style, types, import contracts and notebooks
lint:
    ruff check .
    ruff format --check .
    mypy
    pyright
    lint-imports
    nbstripout --verify notebooks/*.ipynb

# Put code and notebooks into shape
format:
    ruff check --fix .
    ruff format .
    nbstripout notebooks/*.ipynb

# Load a week of flights, tracked
demo *args:
    etl-monitor demo {{args}}

# Build the wheel and the source distribution
build:
    python -m build

# Everything that must hold before a change lands, in fresh environments
ci:
    .ci/run
