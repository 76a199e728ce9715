# `make` lists what there is to make.
.DEFAULT_GOAL := help
.PHONY: help demo test patroni upgrade-drill browser bench titles-quality titles-bench titles-fuzz check alerts api-lint book interop mutants sqlx packages container dist reproduce ci

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Show the service at work, on a database of its own
	@scripts/ensure-packages compiler postgres
	cargo run -- demo

test: ## Run all tests
	@scripts/ensure-packages compiler postgres nginx cluster prometheus
	@scripts/build-pgbouncer
	scripts/test

patroni: ## Let Patroni move the database, as docs/HIGH_AVAILABILITY.md has it
	@scripts/ensure-packages compiler postgres cluster patroni
	@scripts/install-patroni
	cargo test --test patroni

upgrade-drill: ## Upgrade from another version under load, and back (FROM=a revision; otherwise the last tag, or tests/upgrade/from)
	@scripts/ensure-packages compiler postgres nginx
	scripts/upgrade-drill $(FROM)

browser: ## Look at every page of the console in a real browser (PAGES=the beginnings of their names)
	@scripts/ensure-packages compiler postgres nginx browser
	@scripts/install-axe
	cargo test --package console-browser --test pages
	cargo test --test browser

titles-quality: ## Measure how well titles are normalised (DATA=the folder of open data)
	@scripts/ensure-packages compiler
	cargo run --release --package title-engine --example quality -- $(DATA)

titles-bench: ## Measure how fast titles are normalised (DATA=the folder of open data)
	@scripts/ensure-packages compiler
	cargo bench --package title-engine -- $(abspath $(DATA))

titles-fuzz: ## Fuzz what normalises titles, a minute for each target
	@scripts/ensure-packages compiler
	scripts/fuzz-titles question
	scripts/fuzz-titles library

check: ## Check format, lints, documentation and .sqlx
	@scripts/ensure-packages compiler postgres
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --test patroni --test upgrade -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps
	scripts/prepare-sqlx --check

alerts: ## Check the alerts for Prometheus, and that each fires when it should
	@scripts/ensure-packages prometheus
	scripts/check-alerts

api-lint: ## Check the API document with a linter
	@scripts/ensure-packages lint
	scripts/lint-api

book: ## Build the book of the documents, to read and search offline
	@scripts/ensure-packages book
	scripts/build-book

interop: ## Let foreign OAuth clients talk to the service, and fuzz it by its API document
	@scripts/ensure-packages compiler postgres interop
	interop/run

bench: ## Measure the speed against a bare server and pgbench
	@scripts/ensure-packages compiler postgres
	cargo bench

mutants: ## Break the code where a mistake would be worst, and list what no test notices (hours; MUTANTS='--shard 0/20')
	@scripts/ensure-packages compiler postgres
	@cargo mutants --version >/dev/null 2>&1 || cargo install cargo-mutants --locked
	cargo mutants --package talentsoft-partner --jobs 1 --baseline skip --sharding round-robin $(MUTANTS)

sqlx: ## Bring .sqlx up to date after a change of SQL or of migrations
	@scripts/ensure-packages compiler postgres
	scripts/prepare-sqlx

packages: ## Try the Debian package in a bare Debian, pack the archive, and validate what Kubernetes and others read
	@scripts/ensure-packages compiler packages interop
	@# The program, as the tests build it.
	cargo test --workspace --no-run --test licences
	packaging/check-documents
	packaging/test-debian-package
	packaging/build-archive target/test-packages

container: ## Make the image of the container of the debug build, and run it
	@scripts/ensure-packages compiler postgres packages container
	cargo test --workspace --no-run --test licences
	packaging/test-container

dist: ## Make everything that is released, with checksums, into target/dist
	@scripts/ensure-packages compiler packages
	packaging/dist

reproduce: ## Build the release here and in another folder, and compare
	@scripts/ensure-packages compiler
	packaging/reproduce

ci: ## Run what continuous integration runs
	.ci/run
