bin_PROGRAMS += %D%/fcgi-probe
%C%_fcgi_probe_SOURCES = \
	%D%/main.c \
	%D%/options.c %D%/options.h \
	%D%/options_table.c %D%/options_table.h \
	%D%/replace.c %D%/replace.h \
	%D%/report.c %D%/report.h %D%/report_private.h \
	%D%/report_json.c \
	%D%/report_openmetrics.c \
	%D%/report_text.c \
	%D%/request.c %D%/request.h \
	%D%/state_file.c %D%/state_file.h
%C%_fcgi_probe_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
# Without libbsd: loading it and libmd would cost more than the check.
%C%_fcgi_probe_LDADD = lib/libfcgiutils.a $(POPT_LIBS)
