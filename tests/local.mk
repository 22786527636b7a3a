include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/cli/local.mk
include tests/peers/local.mk
