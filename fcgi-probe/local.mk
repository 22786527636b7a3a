bin_PROGRAMS += %D%/fcgi-probe
%C%_fcgi_probe_SOURCES = \
	%D%/main.c \
	%D%/options.c %D%/options.h \
	%D%/options_table.c %D%/options_table.h \
	%D%/request.c %D%/request.h
%C%_fcgi_probe_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
# Without libbsd: loading it and libmd would cost more than the check.
%C%_fcgi_probe_LDADD = lib/libfcgiutils.a $(POPT_LIBS)
