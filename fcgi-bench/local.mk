bin_PROGRAMS += %D%/fcgi-bench
# A line for each module, sorted.
%C%_fcgi_bench_SOURCES =
%C%_fcgi_bench_SOURCES += %D%/failure.c %D%/failure.h
%C%_fcgi_bench_SOURCES += %D%/gate.c %D%/gate.h
%C%_fcgi_bench_SOURCES += %D%/histogram.c %D%/histogram.h
%C%_fcgi_bench_SOURCES += %D%/main.c
%C%_fcgi_bench_SOURCES += %D%/options.c %D%/options.h
%C%_fcgi_bench_SOURCES += %D%/options_check.c %D%/options_check.h
%C%_fcgi_bench_SOURCES += %D%/options_table.c %D%/options_table.h
%C%_fcgi_bench_SOURCES += %D%/schedule.c %D%/schedule.h
%C%_fcgi_bench_SOURCES += %D%/tally.c %D%/tally.h
%C%_fcgi_bench_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
%C%_fcgi_bench_LDADD = lib/libfcgiutils.a $(POPT_LIBS) $(MD_LIBS) $(ZLIB_LIBS) $(M_LIBS) -lpthread
