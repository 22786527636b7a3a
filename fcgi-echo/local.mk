bin_PROGRAMS += %D%/fcgi-echo
%C%_fcgi_echo_SOURCES = \
	%D%/accept_error.h \
	%D%/accept_shared.c %D%/accept_shared.h \
	%D%/acceptor.c %D%/acceptor.h \
	%D%/action.c %D%/action.h \
	%D%/action_auth.c \
	%D%/action_body.c \
	%D%/action_delay.c \
	%D%/action_env.c \
	%D%/action_run.c \
	%D%/action_say.c \
	%D%/allow.c %D%/allow.h \
	%D%/blocks.c %D%/blocks.h \
	%D%/client.c %D%/client.h \
	%D%/client_io.c %D%/client_io.h \
	%D%/damage.c %D%/damage.h \
	%D%/delay.c %D%/delay.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/fault.c %D%/fault.h \
	%D%/hasher.c %D%/hasher.h \
	%D%/listener.c %D%/listener.h \
	%D%/main.c \
	%D%/management.c %D%/management.h \
	%D%/options.c %D%/options.h \
	%D%/output.c %D%/output.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/query.c %D%/query.h \
	%D%/reply.c %D%/reply.h \
	%D%/request.c %D%/request.h \
	%D%/server.c %D%/server.h \
	%D%/timer.c %D%/timer.h \
	%D%/users.c %D%/users.h
%C%_fcgi_echo_CFLAGS = $(AM_CFLAGS) $(MD_CFLAGS) -pthread
%C%_fcgi_echo_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
%C%_fcgi_echo_LDADD = $(FCGIUTILS_LIBS) $(EV_LIBS) $(CRYPT_LIBS) $(MD_LIBS) $(M_LIBS) $(RT_LIBS)
