# Lambda cannot write bytecode, and zip files do not keep timestamps, so Python uses only bytecode with
# unchecked hashes there. Without it a cold start takes two to three times as long. Therefore the build
# fails without Python 3.13, unless ALLOW_SLOW_START=1.
LAMBDA_PYTHON ?= python3.13

is_python_313 = "$(LAMBDA_PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null

define require_bytecode
@$(is_python_313) || [ "$(ALLOW_SLOW_START)" = 1 ] || { echo \
  "Python 3.13 is needed to compile the layers (LAMBDA_PYTHON is '$(LAMBDA_PYTHON)'): install it," \
  "set LAMBDA_PYTHON, or accept slow cold starts with ALLOW_SLOW_START=1." >&2; exit 1; }
endef

define compile
$(require_bytecode)
@if $(is_python_313); then "$(LAMBDA_PYTHON)" -m compileall -q --invalidation-mode unchecked-hash \
  -s "$(ARTIFACTS_DIR)" -p /opt "$(ARTIFACTS_DIR)/python"; fi
endef
