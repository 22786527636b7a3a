bin_PROGRAMS += %D%/fcgistarter
%C%_fcgistarter_SOURCES = \
	%D%/environment.c %D%/environment.h \
	%D%/listeners.c %D%/listeners.h \
	%D%/main.c \
	%D%/options.c %D%/options.h \
	%D%/pid_file.c %D%/pid_file.h \
	%D%/pool.c %D%/pool.h \
	%D%/probe.c %D%/probe.h \
	%D%/program.c %D%/program.h \
	%D%/stop.c %D%/stop.h
%C%_fcgistarter_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
%C%_fcgistarter_LDADD = $(FCGIUTILS_LIBS) $(EV_LIBS)
