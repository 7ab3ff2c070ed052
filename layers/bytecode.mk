# Lambda cannot write bytecode, and timestamps do not survive the zip, so that only bytecode with
# hashes that nobody checks is used there. Without it a cold start takes about three times as long.
LAMBDA_PYTHON ?= python3.13

define compile
	@if "$(LAMBDA_PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; \
	then "$(LAMBDA_PYTHON)" -m compileall -q --invalidation-mode unchecked-hash \
	  -s "$(ARTIFACTS_DIR)" -p /opt "$(ARTIFACTS_DIR)/python"; \
	else echo "WARNING: no bytecode in $(@:build-%=%): '$(LAMBDA_PYTHON)' is not Python 3.13," \
	  "see LAMBDA_PYTHON in DEVELOPERS.md" >&2; fi
endef
