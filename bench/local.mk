# Measurements: not tests, since their figures are the machine's.
EXTRA_DIST += %D%/README %D%/cgi-fcgi.sh %D%/fcgi-bench.sh %D%/measure.bash %D%/probe.sh %D%/starter.sh

# What the programs are held against, and a runner that takes turns.
EXTRA_PROGRAMS = %D%/interleave %D%/probe-floor %D%/probe-static %D%/raw_app
EXTRA_PROGRAMS += %D%/raw_client %D%/raw_copy %D%/raw_responder
CLEANFILES += $(EXTRA_PROGRAMS)
# A test counts its system calls.
check_PROGRAMS += %D%/probe-empty
%C%_interleave_SOURCES = %D%/interleave.c
%C%_probe_empty_SOURCES = %D%/probe-empty.c
%C%_probe_empty_LDADD = $(POPT_LIBS)
%C%_probe_floor_SOURCES = %D%/probe-floor.c
%C%_probe_floor_LDADD = $(POPT_LIBS)
# What --enable-static-programs makes, beside the ordinary one.
%C%_probe_static_SOURCES = $(fcgi_probe_fcgi_probe_SOURCES)
%C%_probe_static_LDFLAGS = $(AM_LDFLAGS) -static
# Not POPT_LIBS, which may end with a flag that asks for shared libraries.
%C%_probe_static_LDADD = lib/libfcgiutils.a -lpopt
%C%_raw_app_SOURCES = %D%/raw_app.c %D%/write_all.h
%C%_raw_app_LDADD = lib/libfcgiutils.a
%C%_raw_client_SOURCES = %D%/raw_client.c
%C%_raw_client_LDADD = lib/libfcgiutils.a
%C%_raw_copy_SOURCES = %D%/raw_copy.c %D%/write_all.h
%C%_raw_copy_LDADD = lib/libfcgiutils.a
%C%_raw_responder_SOURCES = %D%/raw_responder.c
%C%_raw_responder_LDADD = lib/libfcgiutils.a

BENCH_ENVIRONMENT = FCGI_BUILD='$(abs_top_builddir)' FCGI_SOURCE='$(abs_top_srcdir)'

bench: bench-starter bench-cgi-fcgi bench-probe bench-fcgi-bench
bench-starter: all
	$(BENCH_ENVIRONMENT) $(srcdir)/bench/starter.sh
bench-cgi-fcgi: all %D%/interleave %D%/raw_app %D%/raw_copy
	$(BENCH_ENVIRONMENT) $(srcdir)/bench/cgi-fcgi.sh
bench-probe: all %D%/interleave %D%/probe-empty %D%/probe-floor
	$(BENCH_ENVIRONMENT) $(srcdir)/bench/probe.sh
bench-fcgi-bench: all %D%/raw_client %D%/raw_responder
	$(BENCH_ENVIRONMENT) $(srcdir)/bench/fcgi-bench.sh
.PHONY: bench bench-starter bench-cgi-fcgi bench-probe bench-fcgi-bench
