# verigrad: `make demo` and `make test` each build their own .venv and do the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check

# provers and solvers, a compiler, and the sandbox that ours is measured beside
DEBIAN := bubblewrap cadical coq g++ metamath metamath-databases

.PHONY: help system-packages demo test test-attacks test-slow check check-snippets bench bench-math bench-sandbox \
	bench-rollouts bench-logprobs bench-train bench-step bench-decontamination cards audits others-rewards learning-table fuzz-math consistency-math endurance bench-humaneval bench-harnesses reasoning-gym-table metamath conformance \
	objectives-page verifier-table bench-ifeval clean

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

$(VENV)/.train: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt -e '.[train,sql]'
	touch $@

$(VENV)/.dev: $(VENV)/.train
	$(PIP) install -q -c constraints.txt -e '.[train,sql,http,serve,games,logic,gym,dev]'
	touch $@

system-packages:  ## Debian packages that some tests use, as root (they skip without)
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN) > /dev/null

demo: $(VENV)/.train  ## watch a small model learn from verdicts alone (about two minutes)
	$(BIN)/verigrad demo --fresh

test: $(VENV)/.dev  ## every test that takes seconds
	$(BIN)/python -m pytest -m 'not slow' -n 2 --dist worksteal

test-attacks: $(VENV)/.dev  ## hostile programs at every isolation level, as root and as another user
	$(BIN)/python -m pytest tests/sandbox_attacks tests/code_exploits

test-slow: $(VENV)/.dev  ## the tests that take longer
	$(BIN)/python -m pytest -m slow

check: $(VENV)/.dev check-snippets  ## lint, types, contracts, documentation snippets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

check-snippets: $(VENV)/.dev  ## run every Python block of the documentation
	$(BIN)/python tests/docs/run_snippets.py README.md docs

bench: bench-math bench-sandbox bench-rollouts bench-logprobs  ## all benchmarks

bench-math: $(VENV)/.dev  ## checks a second beside math-verify
	$(BIN)/python benchmarks/math_speed.py

bench-sandbox: $(VENV)/.dev  ## isolated jobs a second beside bwrap and a bare subprocess
	$(BIN)/python benchmarks/sandbox_speed.py

bench-rollouts: $(VENV)/.dev  ## tokens a second beside transformers' generate
	$(BIN)/python benchmarks/rollouts_speed.py

bench-logprobs: $(VENV)/.dev  ## peak memory of the log-probability pass
	$(BIN)/python benchmarks/logprob_memory.py

bench-step: $(VENV)/.dev  ## the whole RL step beside TRL's, 1M to 25M
	$(BIN)/python benchmarks/step_speed.py

bench-decontamination: $(VENV)/.dev  ## planted duplicates among 100,000 rows
	$(BIN)/python benchmarks/decontamination_speed.py --write docs/how-to/decontaminate.md

bench-train: $(VENV)/.dev  ## an update of the policy beside TRL's: seconds and memory
	$(BIN)/python benchmarks/train_speed.py

cards: $(VENV)/.dev  ## audit the verifiers of the shipped recipes anew; their cards ship with the package
	rm -rf src/verigrad/audit/cards/*/
	for recipe in $(wildcard recipes/*.toml recipes/*/recipe.toml); do $(BIN)/verigrad audit $$recipe --cards src/verigrad/audit/cards || exit 1; done
	rm -f src/verigrad/audit/cards/*/*.html src/verigrad/audit/cards/*/*.md src/verigrad/audit/cards/*/*.jsonl

audits: $(VENV)/.dev  ## every verifier that ships through its audit, as a page (five minutes)
	$(BIN)/python benchmarks/own_audits.py --write docs/reference/audits.md

others-rewards: $(VENV)/.dev .venv-ifeval  ## the audit on rewards of others, as a page
	$(BIN)/python benchmarks/others_rewards.py --ifeval-python .venv-ifeval/bin/python --write docs/reference/others-rewards.md

learning-table: $(VENV)/.dev  ## every preset from one warm start, three seeds, as a page (half an hour)
	$(BIN)/python benchmarks/learning_table.py --write docs/reference/learning-table.md

fuzz-math: $(VENV)/.dev  ## a million strings against the math verifier
	$(BIN)/python benchmarks/math_fuzz.py

consistency-math: $(VENV)/.dev  ## 100,000 generated pairs of every type
	$(BIN)/python benchmarks/math_consistency.py

bench-humaneval: $(VENV)/.dev  ## HumanEval references, mutants and latency
	$(BIN)/python benchmarks/code_humaneval.py

reasoning-gym-table: $(VENV)/.dev  ## probe reasoning-gym's scorers; write who judges what
	$(BIN)/python benchmarks/reasoning_gym_table.py --write

bench-harnesses: $(VENV)/.dev  ## the same wrong programs against other harnesses
	$(BIN)/python benchmarks/code_harnesses.py

metamath: $(VENV)/.dev  ## whole Metamath databases in our kernel
	$(BIN)/python benchmarks/metamath_databases.py

endurance: $(VENV)/.dev  ## 200,000 sandboxed jobs, one in twenty hostile
	$(BIN)/python benchmarks/sandbox_endurance.py

conformance: $(VENV)/.dev  ## every objective against its textbook form, as a page
	$(BIN)/python benchmarks/objective_conformance.py --write docs/reference/objective-conformance.md

objectives-page: $(VENV)/.dev  ## the table of objectives, as a page
	$(BIN)/python -m verigrad.algorithms.table > docs/reference/objectives.md

verifier-table: $(VENV)/.dev  ## every verifier through its trial, as a page (hours with --fuzz 100000)
	$(BIN)/python benchmarks/verifier_table.py --fuzz $(or $(FUZZ),100000) $(if $(FUZZ_SECONDS),--fuzz-seconds $(FUZZ_SECONDS)) --write docs/reference/verifiers.md

.venv-ifeval:  # lm-eval's checks alone, without what its harness needs
	$(PYTHON) -m venv $@
	$@/bin/pip install -q --no-deps lm-eval==0.4.13 nltk==3.10.4 langdetect==1.0.9 immutabledict
	$@/bin/pip install -q packaging regex six click joblib tqdm

bench-ifeval: $(VENV)/.dev .venv-ifeval  ## IFEval checks beside lm-eval's on 21,000 pairs
	$(BIN)/python benchmarks/ifeval_agreement.py --peer-python .venv-ifeval/bin/python --write docs/reference/constraints.md

clean:  ## remove the environment and everything that tools left behind
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
