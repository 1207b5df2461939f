# Tasks of this repository; `just` lists them. Each is a plain command that CONTRIBUTING.md has too.

_list:
    @{{just_executable()}} --list --unsorted

# Install everything for development into the active environment, and the commit hooks
setup:
    python -m pip install -e '.[dev]'
    pre-commit install

# Run the tests: on the local warehouse only a sample
test *args:
    pytest -n 2 {{args}}

# Run the tests, all of them on the local warehouse too
everything *args:
    pytest -n 2 --warehouse all {{args}}

# Ask on the local warehouse whether any call reads history: before a change of what calls read lands
history *args:
    pytest -n 2 --warehouse all tests/contract/every_call/test_history_is_not_read.py {{args}}

# Take the database away at each statement of a night on the local warehouse: before a change of the journal lands
outages *args:
    pytest -n 2 --warehouse all --backend databricks tests/contract/journal/test_killed_at_each_statement.py tests/contract/journal/test_sent_twice.py {{args}}

# Adopt tables that four releases of the Spark edition make, stopped at each statement: before a change of adoption lands
releases *args:
    pytest --warehouse all tests/interoperation/test_adopted_releases.py {{args}}

# Run every case with SQLAlchemy 2.0, DuckDB 1.5 and PostgreSQL 16: before a change of dialects or statements lands
oldest *args:
    python -m venv .venv/oldest
    .venv/oldest/bin/pip install '.[dev]' 'sqlalchemy<2.1' 'duckdb<2'
    .venv/oldest/bin/pytest -n 2 --warehouse none --postgres-version 16 --deselect tests/connections/test_interrupts.py {{args}}

# Let eight processes do 1,000 tasks on one DuckDB file, kill 200 of them, and print the slowest call: minutes
sharing *args:
    python -m tests.concurrency.sharing {{args}}

# Say which lines no test runs
coverage:
    coverage run -m pytest -n 2 --warehouse none
    coverage combine
    coverage report

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

# Fix and format code and notebooks
format:
    ruff check --fix .
    ruff format .
    nbstripout notebooks/*.ipynb

# Load a week of flights and track it
demo *args:
    etl-monitor demo {{args}}

# Build the documentation site into build/site; a warning ends the build
site *args:
    python -m scripts.site {{args}}

# Build the wheel and the source distribution
build:
    python -m build

# Break services, views and statements one at a time, and list what no test notices: hours
mutate *args:
    python -m pip install -e '.[dev,mutation]'
    python -m scripts.mutation {{args}}

# Everything that must hold before a change lands, in fresh environments
ci:
    .ci/run
