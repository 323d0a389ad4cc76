# `make chat` and `make test` set up what they need; both are quick the second time.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: chat test setup eval lint clean
.DEFAULT_GOAL := help

help:
	@echo "make chat   ask questions of the articles in corpus/ in a browser"
	@echo "make test   style, types and all tests"
	@echo "make eval   measurements (long)"
	@echo "make setup | lint | clean"

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

chat: $(READY)
	$(BIN)/rag ingest corpus
	$(BIN)/rag chat

test: lint
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

eval: $(READY)
	$(BIN)/rag ingest corpus
	$(BIN)/python -m eval latency
	$(BIN)/python -m eval retrieval corpus --queries eval/questions/retrieval.jsonl --ablation
	$(BIN)/python -m eval judges eval/judged --judge literal --judge combined:words --judge combined
	$(BIN)/python -m eval answers eval/questions/answers_test.jsonl

clean:
	rm -rf .venv .rag .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
