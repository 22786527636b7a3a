# One bats file a program and option group; keep them sorted.  The programs come from $FCGI_BUILD,
# what several files need from helper.bash.
CLI_TESTS =
CLI_TESTS += %D%/cgi-fcgi-peer.bats
CLI_TESTS += %D%/cgi-fcgi-start.bats
CLI_TESTS += %D%/cgi-fcgi.bats

EXTRA_DIST += $(CLI_TESTS)
EXTRA_DIST += %D%/helper.bash %D%/page-examples.awk %D%/page-options.awk %D%/page-run.bash %D%/missing.sh

if HAVE_BATS
TESTS += $(CLI_TESTS)
BATS_LOG_COMPILER = $(BATS)
AM_BATS_LOG_FLAGS = --tap
else
TESTS += %D%/missing.sh
endif
