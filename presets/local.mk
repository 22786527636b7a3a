# Sorted by name; made into C at build time, see README.
PRESETS =
PRESETS += $(top_srcdir)/%D%/apache-balancer.preset
PRESETS += $(top_srcdir)/%D%/apache-fpm.preset
PRESETS += $(top_srcdir)/%D%/apache-fpm-proxypass.preset
PRESETS += $(top_srcdir)/%D%/apache-generic.preset
PRESETS += $(top_srcdir)/%D%/apache-generic-proxypass.preset
PRESETS += $(top_srcdir)/%D%/caddy.preset
PRESETS += $(top_srcdir)/%D%/cgi.preset
PRESETS += $(top_srcdir)/%D%/fpm-status.preset
PRESETS += $(top_srcdir)/%D%/h2o.preset
PRESETS += $(top_srcdir)/%D%/haproxy.preset
PRESETS += $(top_srcdir)/%D%/lighttpd.preset
PRESETS += $(top_srcdir)/%D%/mod_fastcgi.preset
PRESETS += $(top_srcdir)/%D%/nginx.preset
PRESETS += $(top_srcdir)/%D%/nginx-php.preset

EXTRA_DIST += $(PRESETS) %D%/README %D%/embed.awk
CLEANFILES += %D%/builtin.c
nodist_lib_libfcgiutils_a_SOURCES = %D%/builtin.c
%D%/builtin.c: $(top_srcdir)/%D%/embed.awk $(PRESETS)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
		LC_ALL=C $(AWK) -f $(top_srcdir)/%D%/embed.awk $(PRESETS) >$@.tmp && mv $@.tmp $@
