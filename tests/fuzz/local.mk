# A target is two programs: NAME.tap replays corpus/NAME, with any compiler; NAME.fuzz lets libFuzzer
# look for more, with --enable-fuzzers.
EXTRA_DIST += %D%/corpus %D%/cuts.h %D%/ruler.h %D%/target.h

# One block a target; keep them sorted.
check_PROGRAMS += %D%/addr.tap
TESTS += %D%/addr.tap
%C%_addr_tap_SOURCES = %D%/addr.c %D%/replay.c
%C%_addr_tap_LDADD = $(FCGIUTILS_LIBS)

AUTH_CASES_SOURCES = fcgi-auth-test/auth_case.c \
	fcgi-auth-test/case_field.c fcgi-auth-test/case_field_expect.c \
	fcgi-auth-test/case_field_identity.c fcgi-auth-test/case_field_request.c \
	fcgi-auth-test/case_set.c fcgi-auth-test/check.c \
	fcgi-auth-test/dialect.c fcgi-auth-test/dialect_call.c fcgi-auth-test/dialect_file.c \
	fcgi-auth-test/dialects.c fcgi-auth-test/expected.c fcgi-auth-test/question.c \
	fcgi-auth-test/redact.c fcgi-auth-test/reply.c fcgi-auth-test/report_cases.c \
	fcgi-auth-test/report_names.c fcgi-auth-test/result.c fcgi-auth-test/secrets.c \
	fcgi-auth-test/settings.c fcgi-auth-test/writing.c \
	fcgi-auth-test/verdict.c fcgi-auth-test/verdict_httpd.c fcgi-auth-test/verdict_list.c \
	fcgi-auth-test/verdict_other.c fcgi-auth-test/verdict_user.c
check_PROGRAMS += %D%/auth_cases.tap
TESTS += %D%/auth_cases.tap
%C%_auth_cases_tap_SOURCES = %D%/auth_cases.c %D%/replay.c $(AUTH_CASES_SOURCES)
nodist_%C%_auth_cases_tap_SOURCES = fcgi-auth-test/dialects/builtin.c
%C%_auth_cases_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_cases_tap_LDADD = $(FCGIUTILS_LIBS) $(PCRE2_LIBS)

AUTH_REPLY_SOURCES = fcgi-auth-test/reply.c fcgi-auth-test/verdict.c \
	fcgi-auth-test/verdict_httpd.c fcgi-auth-test/verdict_list.c \
	fcgi-auth-test/verdict_other.c fcgi-auth-test/verdict_user.c \
	fcgi-auth-test/check.c fcgi-auth-test/check_reply.c \
	fcgi-auth-test/check_secret.c fcgi-auth-test/check_variable.c fcgi-auth-test/secrets.c
check_PROGRAMS += %D%/auth_reply.tap
TESTS += %D%/auth_reply.tap
%C%_auth_reply_tap_SOURCES = %D%/auth_reply.c %D%/replay.c $(AUTH_REPLY_SOURCES)
%C%_auth_reply_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_reply_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/cgi_response.tap
TESTS += %D%/cgi_response.tap
%C%_cgi_response_tap_SOURCES = %D%/cgi_response.c %D%/replay.c
%C%_cgi_response_tap_LDADD = $(FCGIUTILS_LIBS)

FUZZ_DIALECT_SOURCES = fcgi-auth-test/auth_case.c fcgi-auth-test/dialect.c \
	fcgi-auth-test/dialect_call.c fcgi-auth-test/dialect_file.c
check_PROGRAMS += %D%/dialect.tap
TESTS += %D%/dialect.tap
%C%_dialect_tap_SOURCES = %D%/dialect.c %D%/replay.c $(FUZZ_DIALECT_SOURCES)
nodist_%C%_dialect_tap_SOURCES = fcgi-auth-test/dialects/builtin.c
%C%_dialect_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_dialect_tap_LDADD = $(FCGIUTILS_LIBS) $(PCRE2_LIBS)

check_PROGRAMS += %D%/fpm_status.tap
TESTS += %D%/fpm_status.tap
%C%_fpm_status_tap_SOURCES = %D%/fpm_status.c %D%/replay.c \
	fcgi-probe/fpm_status.c
%C%_fpm_status_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_fpm_status_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/decode.tap
TESTS += %D%/decode.tap
%C%_decode_tap_SOURCES = %D%/decode.c %D%/replay.c cgi-fcgi/decode.c
%C%_decode_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_decode_tap_LDADD = $(FCGIUTILS_LIBS)

INTAKE_FUZZ_SOURCES = fcgi-bench/answer.c fcgi-bench/expect.c fcgi-bench/intake.c
check_PROGRAMS += %D%/intake.tap
TESTS += %D%/intake.tap
%C%_intake_tap_SOURCES = %D%/intake.c %D%/replay.c $(INTAKE_FUZZ_SOURCES)
%C%_intake_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_intake_tap_LDADD = $(FCGIUTILS_LIBS) $(MD_LIBS)

check_PROGRAMS += %D%/nv.tap
TESTS += %D%/nv.tap
%C%_nv_tap_SOURCES = %D%/nv.c %D%/replay.c
%C%_nv_tap_LDADD = $(FCGIUTILS_LIBS)

PAYLOAD_FUZZ_SOURCES = fcgi-bench/expect.c fcgi-bench/payload.c
check_PROGRAMS += %D%/payload.tap
TESTS += %D%/payload.tap
%C%_payload_tap_SOURCES = %D%/payload.c %D%/replay.c $(PAYLOAD_FUZZ_SOURCES)
%C%_payload_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_payload_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/range.tap
TESTS += %D%/range.tap
%C%_range_tap_SOURCES = %D%/range.c %D%/replay.c \
	fcgi-probe/metric.c fcgi-probe/range.c
%C%_range_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_range_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/preset.tap
TESTS += %D%/preset.tap
%C%_preset_tap_SOURCES = %D%/preset.c %D%/replay.c
%C%_preset_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/record.tap
TESTS += %D%/record.tap
%C%_record_tap_SOURCES = %D%/record.c %D%/replay.c
%C%_record_tap_LDADD = $(FCGIUTILS_LIBS)

REPORT_SOURCES = fcgi-probe/judge.c fcgi-probe/judge_answer.c fcgi-probe/judge_threshold.c \
	fcgi-probe/metric.c fcgi-probe/range.c \
	fcgi-probe/report.c fcgi-probe/report_json.c \
	fcgi-probe/report_openmetrics.c fcgi-probe/report_text.c \
	fcgi-probe/verdict.c
check_PROGRAMS += %D%/report.tap
TESTS += %D%/report.tap
%C%_report_tap_SOURCES = %D%/report.c %D%/replay.c $(REPORT_SOURCES)
%C%_report_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_report_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/request.tap
TESTS += %D%/request.tap
%C%_request_tap_SOURCES = %D%/request.c %D%/replay.c
%C%_request_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/seen_by.tap
TESTS += %D%/seen_by.tap
%C%_seen_by_tap_SOURCES = %D%/seen_by.c %D%/replay.c
%C%_seen_by_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/serve.tap
TESTS += %D%/serve.tap
%C%_serve_tap_SOURCES = %D%/serve.c %D%/replay.c
%C%_serve_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/stanza.tap
TESTS += %D%/stanza.tap
%C%_stanza_tap_SOURCES = %D%/stanza.c %D%/replay.c
%C%_stanza_tap_LDADD = $(FCGIUTILS_LIBS)

STATE_FILE_SOURCES = fcgi-probe/metric.c fcgi-probe/range.c \
	fcgi-probe/state_file.c
check_PROGRAMS += %D%/state_file.tap
TESTS += %D%/state_file.tap
%C%_state_file_tap_SOURCES = %D%/state_file.c %D%/replay.c $(STATE_FILE_SOURCES)
%C%_state_file_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_state_file_tap_LDADD = $(FCGIUTILS_LIBS)

check_PROGRAMS += %D%/setenvif.tap
TESTS += %D%/setenvif.tap
%C%_setenvif_tap_SOURCES = %D%/setenvif.c %D%/replay.c \
	cgi-fcgi/expression.c \
	cgi-fcgi/expression_value.c \
	cgi-fcgi/parser.c \
	cgi-fcgi/setenvif.c
%C%_setenvif_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_setenvif_tap_LDADD = $(FCGIUTILS_LIBS) $(PCRE2_LIBS)

check_PROGRAMS += %D%/text_escape.tap
TESTS += %D%/text_escape.tap
%C%_text_escape_tap_SOURCES = %D%/text_escape.c %D%/replay.c
%C%_text_escape_tap_LDADD = $(FCGIUTILS_LIBS)

if FUZZERS
check_PROGRAMS += %D%/addr.fuzz
%C%_addr_fuzz_SOURCES = %D%/addr.c
%C%_addr_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_addr_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/auth_cases.fuzz
%C%_auth_cases_fuzz_SOURCES = %D%/auth_cases.c $(AUTH_CASES_SOURCES)
nodist_%C%_auth_cases_fuzz_SOURCES = fcgi-auth-test/dialects/builtin.c
%C%_auth_cases_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_cases_fuzz_LDADD = $(FCGIUTILS_LIBS) $(PCRE2_LIBS)
%C%_auth_cases_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/auth_reply.fuzz
%C%_auth_reply_fuzz_SOURCES = %D%/auth_reply.c $(AUTH_REPLY_SOURCES)
%C%_auth_reply_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_reply_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_auth_reply_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/cgi_response.fuzz
%C%_cgi_response_fuzz_SOURCES = %D%/cgi_response.c
%C%_cgi_response_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_cgi_response_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/fpm_status.fuzz
%C%_fpm_status_fuzz_SOURCES = %D%/fpm_status.c \
	fcgi-probe/fpm_status.c
%C%_fpm_status_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_fpm_status_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_fpm_status_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/decode.fuzz
%C%_decode_fuzz_SOURCES = %D%/decode.c cgi-fcgi/decode.c
%C%_decode_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_decode_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_decode_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/intake.fuzz
%C%_intake_fuzz_SOURCES = %D%/intake.c $(INTAKE_FUZZ_SOURCES)
%C%_intake_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_intake_fuzz_LDADD = $(FCGIUTILS_LIBS) $(MD_LIBS)
%C%_intake_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/dialect.fuzz
%C%_dialect_fuzz_SOURCES = %D%/dialect.c $(FUZZ_DIALECT_SOURCES)
nodist_%C%_dialect_fuzz_SOURCES = fcgi-auth-test/dialects/builtin.c
%C%_dialect_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_dialect_fuzz_LDADD = $(FCGIUTILS_LIBS) $(PCRE2_LIBS)
%C%_dialect_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/nv.fuzz
%C%_nv_fuzz_SOURCES = %D%/nv.c
%C%_nv_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_nv_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/payload.fuzz
%C%_payload_fuzz_SOURCES = %D%/payload.c $(PAYLOAD_FUZZ_SOURCES)
%C%_payload_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_payload_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_payload_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/range.fuzz
%C%_range_fuzz_SOURCES = %D%/range.c \
	fcgi-probe/metric.c fcgi-probe/range.c
%C%_range_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_range_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_range_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/preset.fuzz
%C%_preset_fuzz_SOURCES = %D%/preset.c
%C%_preset_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_preset_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/record.fuzz
%C%_record_fuzz_SOURCES = %D%/record.c
%C%_record_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_record_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/report.fuzz
%C%_report_fuzz_SOURCES = %D%/report.c $(REPORT_SOURCES)
%C%_report_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_report_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_report_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/request.fuzz
%C%_request_fuzz_SOURCES = %D%/request.c
%C%_request_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_request_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/seen_by.fuzz
%C%_seen_by_fuzz_SOURCES = %D%/seen_by.c
%C%_seen_by_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_seen_by_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/serve.fuzz
%C%_serve_fuzz_SOURCES = %D%/serve.c
%C%_serve_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_serve_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/stanza.fuzz
%C%_stanza_fuzz_SOURCES = %D%/stanza.c
%C%_stanza_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_stanza_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/state_file.fuzz
%C%_state_file_fuzz_SOURCES = %D%/state_file.c $(STATE_FILE_SOURCES)
%C%_state_file_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_state_file_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_state_file_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/setenvif.fuzz
%C%_setenvif_fuzz_SOURCES = %D%/setenvif.c \
	cgi-fcgi/expression.c \
	cgi-fcgi/expression_value.c \
	cgi-fcgi/parser.c \
	cgi-fcgi/setenvif.c
%C%_setenvif_fuzz_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_setenvif_fuzz_LDADD = $(FCGIUTILS_LIBS) $(PCRE2_LIBS)
%C%_setenvif_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)

check_PROGRAMS += %D%/text_escape.fuzz
%C%_text_escape_fuzz_SOURCES = %D%/text_escape.c
%C%_text_escape_fuzz_LDADD = $(FCGIUTILS_LIBS)
%C%_text_escape_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_FLAGS)
endif
