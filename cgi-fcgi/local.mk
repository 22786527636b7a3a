bin_PROGRAMS += %D%/cgi-fcgi
%C%_cgi_fcgi_SOURCES = \
	%D%/body.c %D%/body.h \
	%D%/command_file.c %D%/command_file.h \
	%D%/decode.c %D%/decode.h \
	%D%/decode_answer.c %D%/decode_answer.h \
	%D%/decode_files.c %D%/decode_files.h \
	%D%/decode_tool.c %D%/decode_tool.h \
	%D%/encode_tool.c %D%/encode_tool.h \
	%D%/exchange.c %D%/exchange.h \
	%D%/exchange_open.c \
	%D%/expression.c %D%/expression.h %D%/expression_node.h \
	%D%/expression_value.c \
	%D%/facts.c %D%/facts.h \
	%D%/interrupt.c %D%/interrupt.h \
	%D%/main.c \
	%D%/mover.c %D%/mover.h \
	%D%/multiplex.c %D%/multiplex.h \
	%D%/options.c %D%/options.h \
	%D%/options_check.c %D%/options_check.h \
	%D%/options_given.c %D%/options_given.h \
	%D%/options_table.c %D%/options_table.h \
	%D%/output.c %D%/output.h \
	%D%/output_stderr.c %D%/output_stderr.h \
	%D%/parser.c %D%/parser.h \
	%D%/peer_fault.c %D%/peer_fault.h \
	%D%/print.c %D%/print.h \
	%D%/report.c %D%/report.h \
	%D%/report_json.c %D%/report_json.h \
	%D%/request.c %D%/request.h \
	%D%/sender.c %D%/sender.h \
	%D%/session.c %D%/session.h \
	%D%/setenvif.c %D%/setenvif.h \
	%D%/start.c %D%/start.h \
	%D%/tool.c %D%/tool.h \
	%D%/trace_file.c %D%/trace_file.h \
	%D%/values_tool.c %D%/values_tool.h \
	%D%/verdict.c %D%/verdict.h
%C%_cgi_fcgi_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
# Without libbsd: loading it and libmd would cost more than the request.
%C%_cgi_fcgi_LDADD = lib/libfcgiutils.a $(POPT_LIBS) $(PCRE2_LIBS)
