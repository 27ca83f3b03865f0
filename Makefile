# greekslab: everything runs from here. `make help` lists the commands.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OLDEST := .venv-oldest
PORT   ?= 8000
LAB    := notebooks/00_margin_lab.ipynb
PIP    := -m pip install -qq --disable-pip-version-check
# Jupyter refuses to run as root unless told; say so only when we are root.
ROOT   := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

.DEFAULT_GOAL := help
.PHONY: help setup lab app test test-oldest book serve bench lint lock clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

# ---------------------------------------------------------------- set-up

define check_python
@v=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); \
case "$$v" in 3.11|3.12|3.13) ;; *) \
  if [ -n "$$v" ]; then v="is $$v"; else v="does not run here"; fi; \
  echo "greekslab needs Python 3.11, 3.12 or 3.13; $(PYTHON) $$v. Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; \
  exit 1;; esac
endef

setup: $(VENV)/.stamp  ## set up .venv (every command below does it when needed)

$(VENV)/.stamp: requirements.lock pyproject.toml Makefile
	$(check_python)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Creating $(VENV) with $$($(PYTHON) -V)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the locked packages into $(VENV) (one to three minutes the first time, about 1.8 GB)"
	@$(BIN)/python $(PIP) --require-hashes -r requirements.lock
	@echo "Installing greekslab itself, in place"
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation -e .
	@# JupyterLab asks a newcomer about news first of all; here it does not.
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
	  > $(VENV)/share/jupyter/lab/settings/overrides.json
	@touch $@
	@echo "Ready."

# ---------------------------------------------------------------- use

# Voila, once imported, has every deprecation of Jupyter's own parts shown; readers can do nothing about them.
QUIET_LAB := import voila, warnings; warnings.simplefilter("ignore"); from jupyterlab.labapp import main; main()

lab: setup  ## open JupyterLab on the first notebook of the book
	@echo "Opening JupyterLab on $(LAB) (stop it with Ctrl-C)"
	@$(BIN)/python -c '$(QUIET_LAB)' $(ROOT) --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/$(LAB) --KernelManager.transport_encryption=auto \
	  --ServerApp.log_level=WARN --LabApp.log_level=WARN

app: setup  ## serve the Margin Lab alone, without its code
	@echo "Serving the Margin Lab (stop it with Ctrl-C)"
	@JUPYTER_PATH=book/app JUPYTER_CONFIG_PATH=book/app $(BIN)/python -m voila $(LAB)

book: setup  ## build the published site, live pages included
	@$(BIN)/python book/build.py

serve: setup  ## serve the built site at http://localhost:8000 (PORT=... for another)
	@test -f book/_build/html/index.html || $(MAKE) --no-print-directory book
	@$(BIN)/python book/serve.py --port $(PORT)

bench: setup  ## measure speed and memory beside other packages
	@$(BIN)/python -m benchmarks

# ---------------------------------------------------------------- check

lint: setup  ## style of the code; outputs left in notebooks
	@$(BIN)/ruff check .
	@$(BIN)/nbstripout --verify notebooks/*.ipynb

test: setup lint  ## all tests: package, published cases, notebooks, book, browser
	@$(BIN)/python tests/browser/chromium.py --install
	@$(BIN)/python -m pytest -q --nbval-lax notebooks -n 2 --dist loadfile
	@$(BIN)/python -m pytest tests

test-oldest: $(OLDEST)/.stamp  ## the package's tests with the oldest supported versions
	@$(OLDEST)/bin/python -m pytest tests --ignore=tests/site --ignore=tests/browser

OLDEST_PINS := numpy==2.0.2 scipy==1.14.1 matplotlib==3.8.4 pandas==2.2.3

$(OLDEST)/.stamp: pyproject.toml Makefile
	$(check_python)
	@$(OLDEST)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(OLDEST)
	@echo "Installing $(OLDEST_PINS) into $(OLDEST)"
	@$(OLDEST)/bin/python $(PIP) $(OLDEST_PINS) -e '.[test,solve]'
	@touch $@

# ---------------------------------------------------------------- keep

lock: setup  ## write requirements.lock again from pyproject.toml (needs uv)
	@UV=$$(command -v uv || echo $(BIN)/uv); test -x "$$UV" || \
	  { echo "make lock needs uv: $(BIN)/python -m pip install uv"; exit 1; }; \
	$$UV pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements.lock

clean:  ## remove what was built (the set-up in .venv stays)
	rm -rf book/_build .cache dist test-results .pytest_cache .ruff_cache .hypothesis benchmarks/results
