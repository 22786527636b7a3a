bin_PROGRAMS += %D%/fcgi-probe
%C%_fcgi_probe_SOURCES = \
	%D%/fpm_status.c %D%/fpm_status.h \
	%D%/judge.c %D%/judge.h \
	%D%/judge_answer.c \
	%D%/judge_private.h \
	%D%/judge_threshold.c \
	%D%/lookup.c %D%/lookup.h \
	%D%/main.c \
	%D%/metric.c %D%/metric.h \
	%D%/observation.h \
	%D%/options.c %D%/options.h \
	%D%/options_table.c %D%/options_table.h \
	%D%/probe.c %D%/probe.h \
	%D%/publish.c %D%/publish.h \
	%D%/range.c %D%/range.h \
	%D%/report.c %D%/report.h \
	%D%/report_json.c \
	%D%/report_openmetrics.c \
	%D%/report_private.h \
	%D%/report_text.c \
	%D%/request.c %D%/request.h \
	%D%/round.c %D%/round.h \
	%D%/state_file.c %D%/state_file.h \
	%D%/target.c %D%/target.h \
	%D%/values.c %D%/values.h \
	%D%/verdict.c %D%/verdict.h
%C%_fcgi_probe_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
# Without libbsd: loading it and libmd would cost more than the check.
%C%_fcgi_probe_LDADD = lib/libfcgiutils.a $(POPT_LIBS)
