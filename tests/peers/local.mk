# Tests against real programs, and over real networks.  Not part of make check: ./check installs the
# peers and runs these unprivileged, but for those that make networks and control groups; make
# check-peers runs them with what is installed, as who you are.
PEER_TESTS = \
	%D%/applications.bats \
	%D%/auth-dialects.bats \
	%D%/auth-real.bats \
	%D%/auth-verdicts.bats \
	%D%/bench-cgroup.bats \
	%D%/bench-net.bats \
	%D%/bench.bats \
	%D%/packaging.bats \
	%D%/php-fpm.bats \
	%D%/presets-apache.bats \
	%D%/presets-php.bats \
	%D%/presets.bats \
	%D%/print-config.bats \
	%D%/probe-fpm.bats \
	%D%/probe.bats \
	%D%/reload.bats \
	%D%/seen-by.bats \
	%D%/web.bats

EXTRA_DIST += $(PEER_TESTS) %D%/helper.bash %D%/packaging-run.bash
EXTRA_DIST += $(PEER_TESTS) %D%/helper.bash %D%/network.bash %D%/presets.bash
EXTRA_DIST += %D%/apache2-presets.sh %D%/lighttpd-presets.sh %D%/nginx-presets.sh
EXTRA_DIST += %D%/auth.bash %D%/auth-apache2.sh %D%/auth-lighttpd.sh %D%/auth-nginx.sh
EXTRA_DIST += %D%/apache2.sh %D%/lighttpd.sh %D%/nginx.sh %D%/php-fpm.sh
EXTRA_DIST += %D%/auth_libfcgi.c %D%/auth_perl.pl
EXTRA_DIST += %D%/libfcgi_app.c %D%/perl_app.pl

# An application that answers as the client says, right or wrong.
check_PROGRAMS += %D%/scripted
%C%_scripted_SOURCES = %D%/scripted.c
%C%_scripted_LDADD = $(FCGIUTILS_LIBS)

check-peers: all %D%/scripted tests/cli/wire
	cd $(srcdir) && FCGI_BUILD='$(abs_top_builddir)' FCGI_SOURCE='$(abs_top_srcdir)' \
		$(BATS) --tap $(PEER_TESTS)
.PHONY: check-peers
