# One bats file a program and option group; keep them sorted, but for those that take longest, which
# begin.  The programs come from $FCGI_BUILD, what several files need from helper.bash.
CLI_TESTS =
CLI_TESTS += %D%/fcgi-bench-search.bats
CLI_TESTS += %D%/fcgistarter-supervise.bats
CLI_TESTS += %D%/fcgi-bench-load.bats
CLI_TESTS += %D%/fcgi-probe-target.bats
CLI_TESTS += %D%/cgi-fcgi-time.bats
CLI_TESTS += %D%/cgi-fcgi-body.bats
CLI_TESTS += %D%/cgi-fcgi-endings.bats
CLI_TESTS += %D%/cgi-fcgi-options.bats
CLI_TESTS += %D%/cgi-fcgi-output.bats
CLI_TESTS += %D%/cgi-fcgi-peer.bats
CLI_TESTS += %D%/cgi-fcgi-session.bats
CLI_TESTS += %D%/cgi-fcgi-setenvif.bats
CLI_TESTS += %D%/cgi-fcgi-presets.bats
CLI_TESTS += %D%/cgi-fcgi-start.bats
CLI_TESTS += %D%/cgi-fcgi-tools.bats
CLI_TESTS += %D%/cgi-fcgi.bats
CLI_TESTS += %D%/completions.bats
CLI_TESTS += %D%/fcgi-auth-test-dialects.bats
CLI_TESTS += %D%/fcgi-bench-end.bats
CLI_TESTS += %D%/fcgi-bench-gate.bats
CLI_TESTS += %D%/fcgi-bench-hdr.bats
CLI_TESTS += %D%/fcgi-bench-report.bats
CLI_TESTS += %D%/fcgi-bench-request.bats
CLI_TESTS += %D%/fcgi-bench.bats
CLI_TESTS += %D%/fcgi-auth-test.bats
CLI_TESTS += %D%/fcgi-auth-test-cases.bats
CLI_TESTS += %D%/fcgi-auth-test-golden.bats
CLI_TESTS += %D%/fcgi-auth-test-probes.bats
CLI_TESTS += %D%/fcgi-auth-test-report.bats
CLI_TESTS += %D%/fcgi-auth-test-run.bats
CLI_TESTS += %D%/fcgi-echo-actions.bats
CLI_TESTS += %D%/fcgi-echo-auth.bats
CLI_TESTS += %D%/fcgi-echo-fault.bats
CLI_TESTS += %D%/fcgi-echo-protocol.bats
CLI_TESTS += %D%/fcgi-echo.bats
CLI_TESTS += %D%/fcgi-probe-judge.bats
CLI_TESTS += %D%/fcgi-probe-names.bats
CLI_TESTS += %D%/fcgi-probe-options.bats
CLI_TESTS += %D%/fcgi-probe-report.bats
CLI_TESTS += %D%/fcgistarter-control.bats
CLI_TESTS += %D%/fcgistarter-print-config.bats
CLI_TESTS += %D%/fcgistarter-reload.bats
CLI_TESTS += %D%/fcgistarter-start.bats
CLI_TESTS += %D%/fcgistarter-what.bats
CLI_TESTS += %D%/fcgistarter-where.bats
CLI_TESTS += %D%/fcgistarter-who.bats
CLI_TESTS += %D%/fcgistarter.bats
CLI_TESTS += %D%/systemd.bats
CLI_TESTS += %D%/pages.bats

# An application that shows what it was started with.
check_PROGRAMS += %D%/show-state
%C%_show_state_SOURCES = %D%/show-state.c

# A UDP port that never answers.
check_PROGRAMS += %D%/mute
%C%_mute_SOURCES = %D%/mute.c

# A checker of OpenMetrics expositions.
check_PROGRAMS += %D%/openmetrics
%C%_openmetrics_SOURCES = %D%/openmetrics.c
%C%_openmetrics_LDADD = $(FCGIUTILS_LIBS)

# An authorizer that can be wrong in one way or another.
check_PROGRAMS += %D%/authorizer
%C%_authorizer_SOURCES = %D%/authorizer.c
%C%_authorizer_LDADD = $(FCGIUTILS_LIBS)

# An application that bears nothing out of the ordinary.
check_PROGRAMS += %D%/strict
%C%_strict_SOURCES = %D%/strict.c
%C%_strict_LDADD = $(FCGIUTILS_LIBS)

# A FastCGI client that sends what no proper one does.
check_PROGRAMS += %D%/wire
%C%_wire_SOURCES = %D%/wire.c
%C%_wire_LDADD = $(FCGIUTILS_LIBS)

EXTRA_DIST += $(CLI_TESTS)
EXTRA_DIST += %D%/bench.bash %D%/helper.bash %D%/starter.bash %D%/supervise.bash %D%/page-examples.awk %D%/page-options.awk %D%/page-run.bash %D%/missing.sh

if HAVE_BATS
TESTS += $(CLI_TESTS)
BATS_LOG_COMPILER = $(BATS)
AM_BATS_LOG_FLAGS = --tap
else
TESTS += %D%/missing.sh
endif
