# Connect for PagerDuty. `make run` and `make test` do all set-up themselves.
# The work is in scripts/; `scripts/with COMMAND` runs anything with the project's tools on PATH.

MAKEFLAGS += --no-print-directory
.PHONY: help run dev test lint unit torture bench bench-import build release measure size alone e2e pages fuzz-api package sbom clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## set up, build for release, start; prints the address (options: ARGS="--port 5050")
	@scripts/with sh -c 'exec "$$PDCONNECT_PROGRAM" $(ARGS)'

dev: ## build for development, start, rebuild and reload on every change
	@scripts/setup build
	@scripts/with cargo leptos watch

test: ## set up and run everything: lint, unit and integration tests, size, the file alone, browser tests
	@scripts/setup test
	@$(MAKE) lint
	@$(MAKE) unit
	@$(MAKE) size
	@$(MAKE) alone
	@$(MAKE) e2e

lint: ## formatting, clippy for both halves, dependencies, house rules
	@scripts/lint

unit: ## unit and integration tests, with a PostgreSQL of their own
	@scripts/with-postgres cargo test --locked $(ARGS)

torture: ## three processes, one PostgreSQL, kills at every step: the whole of it (minutes)
	@scripts/with-postgres cargo test --locked -p server --test it -- --ignored --nocapture torture importing::kills $(ARGS)

bench: ## figures of sealing, sessions and refresh
	@scripts/with-postgres cargo bench --locked $(ARGS)

bench-import: ## how near an import comes to what PagerDuty's rate limit allows (a quarter of an hour)
	@scripts/with-postgres cargo test --locked -p server --test it importing::pace -- --ignored --nocapture

build: ## build for release: the site and the program
	@scripts/build

release: ## the one file to hand out, into target/release-file; the same bytes wherever it is built
	@scripts/release

measure: release ## how quickly the release file starts, and how much memory it takes
	@scripts/with sh -c 'node scripts/release.mjs measure "$${PDCONNECT_PROGRAM%/release/*}/release-file/pdconnect"'

size: build ## what a browser downloads until the connect page is interactive; fails above the budget
	@scripts/with node scripts/size.mjs

alone: build ## the program, copied into an empty folder where no other file is, serves its whole site
	@scripts/with sh -c 'node scripts/release.mjs check "$$PDCONNECT_PROGRAM"'

e2e: build ## browser tests, with JavaScript and without (options: ARGS="--project no-js welcome")
	@scripts/e2e $(ARGS)

pages: build ## figures of the pages of a large company: server time, bytes, long tasks
	@scripts/e2e --config measure.config.ts $(ARGS)

fuzz-api: build ## the HTTP API against its own description, with requests of every shape (needs Python 3)
	@scripts/fuzz-api $(ARGS)

package: ## what a registry would be given of the libraries, built from there
	@scripts/with cargo package --locked --allow-dirty -p pagerduty -p pagerduty-connect -p pagerduty-sandbox

sbom: ## software bill of materials (CycloneDX), into target/sbom
	@scripts/sbom

clean: ## remove what was built here; tools stay in ~/.cache/pdconnect
	@scripts/with cargo clean
	@rm -rf end2end/node_modules end2end/test-results end2end/playwright-report
