# The commands of the project; `make help` lists them.

PYTHON ?= python3
VENV   ?= .venv

python := $(VENV)/bin/python
ready  := $(VENV)/.ready
tested := $(VENV)/.ready-to-test
set_up := pyproject.toml studio/set_up.py

# The first bundled example map becomes this picture where no window can open.
picture := outputs/first-picture.png

# An environment whose Python is gone (the system's was replaced) is set up again.
ifneq ($(shell test -x $(python) && echo there),there)
.PHONY: $(ready) $(tested)
endif

.DEFAULT_GOAL := help
.PHONY: help run test lint bench clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' Makefile

run: $(ready) ## set up what is missing and open the studio
	@$(PYTHON) studio/system_libraries.py || true
	@if [ "$$(uname)" != Linux ] || [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec $(python) -m studio; \
	else \
		$(python) -m studio example -o $(picture) && \
		echo "There is no display here, so this was done without a window. For the window, type" && \
		echo "make run on a desktop, or log in over ssh -X. The command line: see the README."; \
	fi

test: $(tested) ## set up, then check style, types and imports and run every test
	@$(PYTHON) studio/system_libraries.py --tests
	@$(MAKE) --no-print-directory lint
	$(python) -m pytest

lint: $(tested) ## check style, types and the directions of imports
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	$(python) -c "from importlinter.cli import lint_imports_command as lint; lint()"

bench: $(tested) ## measure how fast this machine paints, beside the goals
	@$(PYTHON) studio/system_libraries.py --tests || true
	$(python) -m tests.benchmarks

clean: ## remove everything that set-up, tests and builds made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf *.egg-info
	find studio tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(ready): $(set_up)
	@$(call have_python)
	@$(PYTHON) studio/set_up.py $(VENV)
	@touch $@

# The tests' set-up holds everything that running needs, so `make run` finds nothing left to do.
$(tested): $(set_up)
	@$(call have_python)
	@$(PYTHON) studio/set_up.py $(VENV) --extras test
	@touch $(ready) $@

have_python = command -v $(PYTHON) >/dev/null || \
	{ echo "Latent Studio needs Python 3.11 or newer, and there is no $(PYTHON) here." >&2; exit 1; }
