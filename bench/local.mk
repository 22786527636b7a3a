# Measurements: not tests, since their figures are the machine's.
EXTRA_DIST += %D%/probe.sh %D%/starter.sh

# A runner that takes turns, and what fcgi-probe is held against: linked with the same libraries.
EXTRA_PROGRAMS = %D%/interleave %D%/probe-floor %D%/probe-static
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

BENCH_ENVIRONMENT = FCGI_BUILD='$(abs_top_builddir)' FCGI_SOURCE='$(abs_top_srcdir)'

bench: bench-starter bench-probe
bench-starter: all
	$(BENCH_ENVIRONMENT) $(srcdir)/bench/starter.sh
bench-probe: all %D%/interleave %D%/probe-empty %D%/probe-floor
	$(BENCH_ENVIRONMENT) $(srcdir)/bench/probe.sh
.PHONY: bench bench-starter bench-probe
