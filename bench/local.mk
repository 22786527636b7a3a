# Measurements: not tests, since their figures are the machine's.
EXTRA_DIST += %D%/starter.sh

bench: all
	FCGI_BUILD='$(abs_top_builddir)' FCGI_SOURCE='$(abs_top_srcdir)' \
		$(srcdir)/bench/starter.sh
.PHONY: bench
