# The two commands of the README, and what their files need.
# rustup puts cargo here; a shell that was open before does not know it yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

.PHONY: demo test fixtures check

# The main job on the bundled fixtures. Exit code 1 means "findings", which is what is to be shown.
demo:
	@.ci/setup
	cargo build --locked --release --quiet
	@code=0; ./target/release/wimspect audit fixtures/share --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim || code=$$?; \
	    echo; echo "exit code $$code: 0 = nothing found, 1 = findings, 2 = wrong usage or unreadable input, 3 = nothing to inspect"; test $$code -le 1

test:
	@.ci/setup
	cargo test --locked

# Makes the bytes in fixtures/ again (needs python3 and wimlib-imagex from wimtools).
fixtures:
	python3 fixtures/make/all.py

check:
	.ci/run
