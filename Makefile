# `make chat` and `make test` set up what they need; both are quick the second time.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: chat test gate setup eval lint clean
WRITER := qwen2.5-coder-1.5b
EVAL := $(BIN)/rag eval
.DEFAULT_GOAL := help

help:
	@echo "make chat   ask questions of the articles in corpus/ in a browser"
	@echo "make test   style, types, all tests, and the gate on the quality of answers"
	@echo "make eval   measurements (long)"
	@echo "make setup | lint | gate | clean"

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
	@$(MAKE) --no-print-directory gate

# Every question with the writer that is no model, and a sample with the default one, against what they came to before.
gate: $(READY)
	@rm -rf runs/gate-* runs/gate.html runs/gate.md
	$(BIN)/rag ingest --archive runs/corpus corpus
	$(EVAL) run --set all --archive runs/corpus --writer extractive --judge combined:words --second none --out runs/gate-extractive
	@if $(BIN)/rag models pull $(WRITER); then \
	  $(EVAL) run --sample 8 --archive runs/corpus --writer local:$(WRITER) --second none --out runs/gate-default; \
	else echo "SKIPPED: $(WRITER) cannot be fetched, so the sample with it is not asked"; fi
	$(EVAL) report runs/gate-* --out runs/gate.html
	$(EVAL) gate runs/gate-extractive --baseline eval/baselines/extractive.jsonl
	@if [ -d runs/gate-default ]; then $(EVAL) gate runs/gate-default --baseline eval/baselines/default_writer.jsonl; fi

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

eval: $(READY)
	$(BIN)/rag ingest --archive runs/corpus corpus
	$(EVAL) latency --archive runs/corpus
	$(EVAL) retrieval corpus --queries eval/questions/retrieval.jsonl --ablation
	$(EVAL) judges eval/judged --judge literal --judge combined:words --judge combined
	$(EVAL) agree
	$(EVAL) run --set test --archive runs/corpus --out runs/test-default
	$(EVAL) run --set test --archive runs/corpus --writer extractive --out runs/test-extractive
	$(EVAL) ablate --archive runs/corpus --out runs/ablation
	$(EVAL) report runs/test-default runs/test-extractive --out runs/report.html

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
