# Measurements: not tests, since their figures are the machine's.
EXTRA_DIST += %D%/README %D%/measure.bash %D%/cgi-fcgi.sh %D%/starter.sh

EXTRA_PROGRAMS = %D%/raw_app %D%/raw_copy
%C%_raw_app_SOURCES = %D%/raw_app.c %D%/write_all.h
%C%_raw_app_LDADD = lib/libfcgiutils.a
%C%_raw_copy_SOURCES = %D%/raw_copy.c %D%/write_all.h
%C%_raw_copy_LDADD = lib/libfcgiutils.a
CLEANFILES += $(EXTRA_PROGRAMS)

bench: all $(EXTRA_PROGRAMS)
	for script in cgi-fcgi.sh starter.sh; do \
		FCGI_BUILD='$(abs_top_builddir)' FCGI_SOURCE='$(abs_top_srcdir)' \
			"$(srcdir)/bench/$$script" || exit; \
	done
.PHONY: bench
