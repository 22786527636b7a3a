# In the order of the page; made into C at build time, see README.
DIALECTS =
DIALECTS += $(top_srcdir)/%D%/spec.dialect
DIALECTS += $(top_srcdir)/%D%/mod_authnz_fcgi.dialect
DIALECTS += $(top_srcdir)/%D%/mod_fcgid.dialect
DIALECTS += $(top_srcdir)/%D%/mod_fastcgi.dialect
DIALECTS += $(top_srcdir)/%D%/mod_fastcgi-compat.dialect
DIALECTS += $(top_srcdir)/%D%/lighttpd.dialect
DIALECTS += $(top_srcdir)/%D%/nginx-auth-request.dialect
DIALECTS += $(top_srcdir)/%D%/nginx-auth-request-original-uri.dialect
DIALECTS += $(top_srcdir)/%D%/nginx-auth-request-llng.dialect

EXTRA_DIST += $(DIALECTS) %D%/README
CLEANFILES += %D%/builtin.c
%D%/builtin.c: $(top_srcdir)/presets/embed.awk $(DIALECTS)
	$(AM_V_GEN)$(MKDIR_P) %D% && \
		LC_ALL=C $(AWK) -v array=dialect_builtins -v header=dialect_file.h \
		-f $(top_srcdir)/presets/embed.awk $(DIALECTS) >$@.tmp && mv $@.tmp $@
