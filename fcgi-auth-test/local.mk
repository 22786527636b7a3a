bin_PROGRAMS += %D%/fcgi-auth-test
%C%_fcgi_auth_test_SOURCES =

# One line a module; keep them sorted.
%C%_fcgi_auth_test_SOURCES += %D%/application.c %D%/application.h
%C%_fcgi_auth_test_SOURCES += %D%/asker.c %D%/asker.h
%C%_fcgi_auth_test_SOURCES += %D%/auth_case.c %D%/auth_case.h
%C%_fcgi_auth_test_SOURCES += %D%/case_field.c %D%/case_field.h
%C%_fcgi_auth_test_SOURCES += %D%/case_set.c %D%/case_set.h
%C%_fcgi_auth_test_SOURCES += %D%/check.c %D%/check.h %D%/check_private.h
%C%_fcgi_auth_test_SOURCES += %D%/check_reply.c
%C%_fcgi_auth_test_SOURCES += %D%/check_secret.c
%C%_fcgi_auth_test_SOURCES += %D%/check_variable.c
%C%_fcgi_auth_test_SOURCES += %D%/dialect.c %D%/dialect.h
%C%_fcgi_auth_test_SOURCES += %D%/dialect_call.c %D%/dialect_call.h
%C%_fcgi_auth_test_SOURCES += %D%/dialect_file.c %D%/dialect_file.h
%C%_fcgi_auth_test_SOURCES += %D%/dialects.c %D%/dialects.h
%C%_fcgi_auth_test_SOURCES += %D%/exchange.c %D%/exchange.h
%C%_fcgi_auth_test_SOURCES += %D%/expected.c %D%/expected.h
%C%_fcgi_auth_test_SOURCES += %D%/judge.c %D%/judge.h
%C%_fcgi_auth_test_SOURCES += %D%/main.c
%C%_fcgi_auth_test_SOURCES += %D%/options.c %D%/options.h
%C%_fcgi_auth_test_SOURCES += %D%/options_table.c %D%/options_table.h
%C%_fcgi_auth_test_SOURCES += %D%/probe.c %D%/probe.h
%C%_fcgi_auth_test_SOURCES += %D%/question.c %D%/question.h
%C%_fcgi_auth_test_SOURCES += %D%/redact.c %D%/redact.h
%C%_fcgi_auth_test_SOURCES += %D%/reply.c %D%/reply.h
%C%_fcgi_auth_test_SOURCES += %D%/report.c %D%/report.h %D%/report_private.h
%C%_fcgi_auth_test_SOURCES += %D%/report_cases.c
%C%_fcgi_auth_test_SOURCES += %D%/report_jsonl.c
%C%_fcgi_auth_test_SOURCES += %D%/report_junit.c
%C%_fcgi_auth_test_SOURCES += %D%/report_table.c
%C%_fcgi_auth_test_SOURCES += %D%/report_tap.c
%C%_fcgi_auth_test_SOURCES += %D%/result.c %D%/result.h
%C%_fcgi_auth_test_SOURCES += %D%/runner.c %D%/runner.h
%C%_fcgi_auth_test_SOURCES += %D%/settings.c %D%/settings.h
%C%_fcgi_auth_test_SOURCES += %D%/trace_answer.c %D%/trace_answer.h
%C%_fcgi_auth_test_SOURCES += %D%/verdict.c %D%/verdict.h %D%/verdict_private.h
%C%_fcgi_auth_test_SOURCES += %D%/verdict_httpd.c
%C%_fcgi_auth_test_SOURCES += %D%/verdict_list.c
%C%_fcgi_auth_test_SOURCES += %D%/verdict_other.c
%C%_fcgi_auth_test_SOURCES += %D%/verdict_user.c %D%/verdict_user.h
nodist_%C%_fcgi_auth_test_SOURCES = %D%/dialects/builtin.c
# For what is generated, which includes a header of this folder.
%C%_fcgi_auth_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%
%C%_fcgi_auth_test_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
%C%_fcgi_auth_test_LDADD = lib/libfcgiutils.a $(POPT_LIBS) $(PCRE2_LIBS)
include %D%/dialects/local.mk
