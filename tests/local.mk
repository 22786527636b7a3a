# The long ones first, so that nothing runs alone at the end.
include tests/cli/local.mk
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/peers/local.mk
