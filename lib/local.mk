noinst_LIBRARIES += %D%/libfcgiutils.a
%C%_libfcgiutils_a_SOURCES =

# One line a module; keep them sorted.
%C%_libfcgiutils_a_SOURCES += %D%/addr.c %D%/addr.h
%C%_libfcgiutils_a_SOURCES += %D%/addr_listen.c %D%/addr_listen.h
%C%_libfcgiutils_a_SOURCES += %D%/base64.c %D%/base64.h
%C%_libfcgiutils_a_SOURCES += %D%/buffer.c %D%/buffer.h
%C%_libfcgiutils_a_SOURCES += %D%/cgi_response.c %D%/cgi_response.h
%C%_libfcgiutils_a_SOURCES += %D%/cli.c %D%/cli.h
%C%_libfcgiutils_a_SOURCES += %D%/cli_value.c
%C%_libfcgiutils_a_SOURCES += %D%/cli_identity.c %D%/cli_identity.h
%C%_libfcgiutils_a_SOURCES += %D%/cli_request.c %D%/cli_request.h
%C%_libfcgiutils_a_SOURCES += %D%/cli_time.c %D%/cli_time.h
%C%_libfcgiutils_a_SOURCES += %D%/cli_variables.c %D%/cli_variables.h
%C%_libfcgiutils_a_SOURCES += %D%/clock.c %D%/clock.h
%C%_libfcgiutils_a_SOURCES += %D%/conn.c %D%/conn.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_body.c %D%/fcgi_body.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_error.c %D%/fcgi_error.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_nv.c %D%/fcgi_nv.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_proto.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_reader.c %D%/fcgi_reader.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_record.c %D%/fcgi_record.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_request.c %D%/fcgi_request.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_serve.c %D%/fcgi_serve.h
%C%_libfcgiutils_a_SOURCES += %D%/fcgi_writer.c %D%/fcgi_writer.h
%C%_libfcgiutils_a_SOURCES += %D%/http_status.c %D%/http_status.h
%C%_libfcgiutils_a_SOURCES += %D%/json.c %D%/json.h
%C%_libfcgiutils_a_SOURCES += %D%/number.c %D%/number.h
%C%_libfcgiutils_a_SOURCES += %D%/params.c %D%/params.h
%C%_libfcgiutils_a_SOURCES += %D%/preset.c %D%/preset.h %D%/preset_builtin.h
%C%_libfcgiutils_a_SOURCES += %D%/preset_apache.c %D%/preset_apache.h
%C%_libfcgiutils_a_SOURCES += %D%/preset_context.c %D%/preset_context.h
%C%_libfcgiutils_a_SOURCES += %D%/preset_headers.c %D%/preset_headers.h
%C%_libfcgiutils_a_SOURCES += %D%/preset_rules.c %D%/preset_rules.h
%C%_libfcgiutils_a_SOURCES += %D%/preset_source.c %D%/preset_source.h
%C%_libfcgiutils_a_SOURCES += %D%/preset_url.c %D%/preset_url.h
%C%_libfcgiutils_a_SOURCES += %D%/queue.c %D%/queue.h
%C%_libfcgiutils_a_SOURCES += %D%/seen_by.c %D%/seen_by.h
%C%_libfcgiutils_a_SOURCES += %D%/seen_by_answer.c
%C%_libfcgiutils_a_SOURCES += %D%/seen_by_block.c
%C%_libfcgiutils_a_SOURCES += %D%/seen_by_rules.c %D%/seen_by_rules.h
%C%_libfcgiutils_a_SOURCES += %D%/spawn.c %D%/spawn.h
%C%_libfcgiutils_a_SOURCES += %D%/spawn_child.c %D%/spawn_child.h
%C%_libfcgiutils_a_SOURCES += %D%/spawn_explain.c %D%/spawn_explain.h
%C%_libfcgiutils_a_SOURCES += %D%/spool.c %D%/spool.h
%C%_libfcgiutils_a_SOURCES += %D%/text.c %D%/text.h
%C%_libfcgiutils_a_SOURCES += %D%/trace.c %D%/trace.h
%C%_libfcgiutils_a_SOURCES += %D%/trace_dump.c %D%/trace_dump.h
%C%_libfcgiutils_a_SOURCES += %D%/trace_pair.c %D%/trace_pair.h

# What a program or test of the tree links: the archive first, then what it needs.
# A program that needs no libbsd leaves that out, and starts the faster.
FCGIUTILS_LIBS = lib/libfcgiutils.a $(POPT_LIBS) $(BSD_LIBS)
