# One program a module; the suffix .tap picks the driver.  cmocka prints TAP because
# AM_TESTS_ENVIRONMENT asks for it.
EXTRA_DIST += %D%/client_side.h %D%/folder.h %D%/fpm_page.h %D%/guard.h %D%/letters.h
EXTRA_DIST += %D%/missing.sh %D%/must.h %D%/no_netlink.h %D%/openmetrics.h %D%/pieces.h
EXTRA_DIST += %D%/preset_shown.h %D%/run.sh %D%/samples.h %D%/server_side.h %D%/spawn_run.h
EXTRA_DIST += %D%/transcript.h %D%/valgrind.h %D%/wire.h
TAP_LOG_COMPILER = $(SHELL) $(top_srcdir)/%D%/run.sh
UNIT_LIBS = $(FCGIUTILS_LIBS) $(CMOCKA_LIBS)

if CMOCKA
AM_CPPFLAGS += $(CMOCKA_CFLAGS)

# One block a module; keep them sorted.
check_PROGRAMS += %D%/activation.tap
TESTS += %D%/activation.tap
%C%_activation_tap_SOURCES = %D%/activation.c fcgistarter/activation.c
%C%_activation_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_activation_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/addr.tap
TESTS += %D%/addr.tap
%C%_addr_tap_SOURCES = %D%/addr.c
%C%_addr_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/addr_listen.tap
TESTS += %D%/addr_listen.tap
%C%_addr_listen_tap_SOURCES = %D%/addr_listen.c
%C%_addr_listen_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/allow.tap
TESTS += %D%/allow.tap
%C%_allow_tap_SOURCES = %D%/allow.c fcgistarter/allow.c
%C%_allow_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_allow_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/application.tap
TESTS += %D%/application.tap
%C%_application_tap_SOURCES = %D%/application.c
%C%_application_tap_LDADD = $(UNIT_LIBS)

AUTH_VERDICT_SOURCES = fcgi-auth-test/reply.c fcgi-auth-test/verdict.c \
	fcgi-auth-test/verdict_httpd.c fcgi-auth-test/verdict_list.c \
	fcgi-auth-test/verdict_other.c fcgi-auth-test/verdict_user.c
AUTH_CHECK_SOURCES = fcgi-auth-test/check.c fcgi-auth-test/check_reply.c \
	fcgi-auth-test/check_secret.c fcgi-auth-test/check_variable.c fcgi-auth-test/secrets.c

check_PROGRAMS += %D%/auth_check.tap
TESTS += %D%/auth_check.tap
%C%_auth_check_tap_SOURCES = %D%/auth_check.c $(AUTH_CHECK_SOURCES) $(AUTH_VERDICT_SOURCES)
%C%_auth_check_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_check_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/auth_redact.tap
TESTS += %D%/auth_redact.tap
%C%_auth_redact_tap_SOURCES = %D%/auth_redact.c fcgi-auth-test/redact.c \
	fcgi-auth-test/secrets.c
%C%_auth_redact_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_redact_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/auth_reply.tap
TESTS += %D%/auth_reply.tap
%C%_auth_reply_tap_SOURCES = %D%/auth_reply.c fcgi-auth-test/reply.c
%C%_auth_reply_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_reply_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/auth_verdict.tap
TESTS += %D%/auth_verdict.tap
%C%_auth_verdict_tap_SOURCES = %D%/auth_verdict.c $(AUTH_VERDICT_SOURCES)
%C%_auth_verdict_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_auth_verdict_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/base64.tap
TESTS += %D%/base64.tap
%C%_base64_tap_SOURCES = %D%/base64.c
%C%_base64_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/bench_verdict.tap
TESTS += %D%/bench_verdict.tap
%C%_bench_verdict_tap_SOURCES = %D%/bench_verdict.c \
	fcgi-bench/diagnosis.c \
	fcgi-bench/failure.c \
	fcgi-bench/gate.c \
	fcgi-bench/histogram.c \
	fcgi-bench/schedule.c \
	fcgi-bench/verdict.c
%C%_bench_verdict_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_bench_verdict_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/cgi_response.tap
TESTS += %D%/cgi_response.tap
%C%_cgi_response_tap_SOURCES = %D%/cgi_response.c
%C%_cgi_response_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/clock.tap
TESTS += %D%/clock.tap
%C%_clock_tap_SOURCES = %D%/clock.c
%C%_clock_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/conn.tap
TESTS += %D%/conn.tap
%C%_conn_tap_SOURCES = %D%/conn.c
%C%_conn_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/control.tap
TESTS += %D%/control.tap
%C%_control_tap_SOURCES = %D%/control.c \
	fcgistarter/control.c \
	fcgistarter/control_line.c \
	fcgistarter/control_place.c \
	fcgistarter/control_request.c \
	fcgistarter/control_talk.c \
	fcgistarter/status.c
%C%_control_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_control_tap_LDADD = $(UNIT_LIBS) $(EV_LIBS)

check_PROGRAMS += %D%/control_line.tap
TESTS += %D%/control_line.tap
%C%_control_line_tap_SOURCES = %D%/control_line.c \
	fcgistarter/control_line.c
%C%_control_line_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_control_line_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/control_place.tap
TESTS += %D%/control_place.tap
%C%_control_place_tap_SOURCES = %D%/control_place.c \
	fcgistarter/control_place.c
%C%_control_place_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_control_place_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/decode.tap
TESTS += %D%/decode.tap
%C%_decode_tap_SOURCES = %D%/decode.c cgi-fcgi/decode.c
%C%_decode_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_decode_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/delay.tap
TESTS += %D%/delay.tap
%C%_delay_tap_SOURCES = %D%/delay.c fcgi-echo/delay.c fcgi-echo/query.c
%C%_delay_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-echo
%C%_delay_tap_LDADD = $(UNIT_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/diagnosis.tap
TESTS += %D%/diagnosis.tap
%C%_diagnosis_tap_SOURCES = %D%/diagnosis.c \
	fcgi-bench/diagnosis.c \
	fcgi-bench/failure.c \
	fcgi-bench/histogram.c \
	fcgi-bench/schedule.c
%C%_diagnosis_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_diagnosis_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/engine.tap
TESTS += %D%/engine.tap
%C%_engine_tap_SOURCES = %D%/engine.c \
	$(INTAKE_SOURCES) \
	fcgi-bench/connection.c \
	fcgi-bench/due.c \
	fcgi-bench/engine.c \
	fcgi-bench/exchange.c \
	fcgi-bench/failure.c \
	fcgi-bench/histogram.c \
	fcgi-bench/host.c \
	fcgi-bench/interval.c \
	fcgi-bench/link.c \
	fcgi-bench/pace.c \
	fcgi-bench/payload.c \
	fcgi-bench/request.c \
	fcgi-bench/schedule.c \
	fcgi-bench/share.c \
	fcgi-bench/tally.c \
	fcgi-bench/worker.c
%C%_engine_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_engine_tap_LDADD = $(UNIT_LIBS) $(MD_LIBS) $(ZLIB_LIBS) $(M_LIBS) -lpthread

check_PROGRAMS += %D%/expect.tap
TESTS += %D%/expect.tap
%C%_expect_tap_SOURCES = %D%/expect.c fcgi-bench/expect.c
%C%_expect_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_expect_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/failure.tap
TESTS += %D%/failure.tap
%C%_failure_tap_SOURCES = %D%/failure.c fcgi-bench/failure.c
%C%_failure_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_failure_tap_LDADD = $(UNIT_LIBS)

UNIT_DIALECT_SOURCES = fcgi-auth-test/auth_case.c fcgi-auth-test/dialect.c \
	fcgi-auth-test/dialect_call.c fcgi-auth-test/dialect_file.c
check_PROGRAMS += %D%/dialect.tap
TESTS += %D%/dialect.tap
%C%_dialect_tap_SOURCES = %D%/dialect.c $(UNIT_DIALECT_SOURCES)
nodist_%C%_dialect_tap_SOURCES = fcgi-auth-test/dialects/builtin.c
%C%_dialect_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-auth-test
%C%_dialect_tap_LDADD = $(UNIT_LIBS) $(PCRE2_LIBS)

check_PROGRAMS += %D%/fcgi_body.tap
TESTS += %D%/fcgi_body.tap
%C%_fcgi_body_tap_SOURCES = %D%/fcgi_body.c
%C%_fcgi_body_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_error.tap
TESTS += %D%/fcgi_error.tap
%C%_fcgi_error_tap_SOURCES = %D%/fcgi_error.c
%C%_fcgi_error_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_fault.tap
TESTS += %D%/fcgi_fault.tap
%C%_fcgi_fault_tap_SOURCES = %D%/fcgi_fault.c
%C%_fcgi_fault_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_nv.tap
TESTS += %D%/fcgi_nv.tap
%C%_fcgi_nv_tap_SOURCES = %D%/fcgi_nv.c
%C%_fcgi_nv_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_reader.tap
TESTS += %D%/fcgi_reader.tap
%C%_fcgi_reader_tap_SOURCES = %D%/fcgi_reader.c
%C%_fcgi_reader_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_record.tap
TESTS += %D%/fcgi_record.tap
%C%_fcgi_record_tap_SOURCES = %D%/fcgi_record.c
%C%_fcgi_record_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_request.tap
TESTS += %D%/fcgi_request.tap
%C%_fcgi_request_tap_SOURCES = %D%/fcgi_request.c
%C%_fcgi_request_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_serve.tap
TESTS += %D%/fcgi_serve.tap
%C%_fcgi_serve_tap_SOURCES = %D%/fcgi_serve.c
%C%_fcgi_serve_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_values.tap
TESTS += %D%/fcgi_values.tap
%C%_fcgi_values_tap_SOURCES = %D%/fcgi_values.c
%C%_fcgi_values_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_writer.tap
TESTS += %D%/fcgi_writer.tap
%C%_fcgi_writer_tap_SOURCES = %D%/fcgi_writer.c
%C%_fcgi_writer_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_writer_params.tap
TESTS += %D%/fcgi_writer_params.tap
%C%_fcgi_writer_params_tap_SOURCES = %D%/fcgi_writer_params.c
%C%_fcgi_writer_params_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/find_max.tap
TESTS += %D%/find_max.tap
%C%_find_max_tap_SOURCES = %D%/find_max.c fcgi-bench/find_max.c fcgi-bench/histogram.c
%C%_find_max_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_find_max_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/fpm_status.tap
TESTS += %D%/fpm_status.tap
%C%_fpm_status_tap_SOURCES = %D%/fpm_status.c \
	fcgi-probe/fpm_status.c
%C%_fpm_status_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_fpm_status_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/gate.tap
TESTS += %D%/gate.tap
%C%_gate_tap_SOURCES = %D%/gate.c \
	fcgi-bench/failure.c \
	fcgi-bench/gate.c \
	fcgi-bench/histogram.c
%C%_gate_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_gate_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/histogram.tap
TESTS += %D%/histogram.tap
%C%_histogram_tap_SOURCES = %D%/histogram.c fcgi-bench/histogram.c
%C%_histogram_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_histogram_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/http_status.tap
TESTS += %D%/http_status.tap
%C%_http_status_tap_SOURCES = %D%/http_status.c
%C%_http_status_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/identity.tap
TESTS += %D%/identity.tap
%C%_identity_tap_SOURCES = %D%/identity.c fcgistarter/identity.c
%C%_identity_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_identity_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/judge.tap
TESTS += %D%/judge.tap
%C%_judge_tap_SOURCES = %D%/judge.c \
	fcgi-probe/fpm_status.c \
	fcgi-probe/judge.c fcgi-probe/judge_answer.c fcgi-probe/judge_threshold.c \
	fcgi-probe/metric.c fcgi-probe/range.c fcgi-probe/verdict.c
%C%_judge_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_judge_tap_LDADD = $(UNIT_LIBS)

INTAKE_SOURCES = fcgi-bench/answer.c fcgi-bench/expect.c fcgi-bench/intake.c
check_PROGRAMS += %D%/intake.tap
TESTS += %D%/intake.tap
%C%_intake_tap_SOURCES = %D%/intake.c $(INTAKE_SOURCES)
%C%_intake_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_intake_tap_LDADD = $(UNIT_LIBS) $(MD_LIBS)

check_PROGRAMS += %D%/json.tap
TESTS += %D%/json.tap
%C%_json_tap_SOURCES = %D%/json.c
%C%_json_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/live.tap
TESTS += %D%/live.tap
%C%_live_tap_SOURCES = %D%/live.c fcgi-bench/live.c
%C%_live_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_live_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/log.tap
TESTS += %D%/log.tap
%C%_log_tap_SOURCES = %D%/log.c fcgistarter/log.c \
	fcgistarter/log_line.c fcgistarter/log_sink.c fcgistarter/log_source.c
%C%_log_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_log_tap_LDADD = $(UNIT_LIBS) $(EV_LIBS)

check_PROGRAMS += %D%/log_line.tap
TESTS += %D%/log_line.tap
%C%_log_line_tap_SOURCES = %D%/log_line.c fcgistarter/log_line.c
%C%_log_line_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_log_line_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/memory.tap
TESTS += %D%/memory.tap
%C%_memory_tap_SOURCES = %D%/memory.c fcgistarter/memory.c
%C%_memory_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_memory_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/metric.tap
TESTS += %D%/metric.tap
%C%_metric_tap_SOURCES = %D%/metric.c \
	fcgi-probe/metric.c fcgi-probe/range.c
%C%_metric_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_metric_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/mpxs.tap
TESTS += %D%/mpxs.tap
%C%_mpxs_tap_SOURCES = %D%/mpxs.c fcgi-bench/mpxs.c
%C%_mpxs_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_mpxs_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/multiplex.tap
TESTS += %D%/multiplex.tap
%C%_multiplex_tap_SOURCES = %D%/multiplex.c cgi-fcgi/multiplex.c
%C%_multiplex_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_multiplex_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/notify.tap
TESTS += %D%/notify.tap
%C%_notify_tap_SOURCES = %D%/notify.c fcgistarter/notify.c
%C%_notify_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_notify_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/number.tap
TESTS += %D%/number.tap
%C%_number_tap_SOURCES = %D%/number.c
%C%_number_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/params.tap
TESTS += %D%/params.tap
%C%_params_tap_SOURCES = %D%/params.c
%C%_params_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/preset.tap
TESTS += %D%/preset.tap
%C%_preset_tap_SOURCES = %D%/preset.c
%C%_preset_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/preset_apache.tap
TESTS += %D%/preset_apache.tap
%C%_preset_apache_tap_SOURCES = %D%/preset_apache.c
%C%_preset_apache_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/preset_tables.tap
TESTS += %D%/preset_tables.tap
%C%_preset_tables_tap_SOURCES = %D%/preset_tables.c
%C%_preset_tables_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/print_config.tap
TESTS += %D%/print_config.tap
%C%_print_config_tap_SOURCES = %D%/print_config.c fcgistarter/print_config.c \
	fcgistarter/print_part.c fcgistarter/print_unit.c fcgistarter/print_web.c
%C%_print_config_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_print_config_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/process.tap
TESTS += %D%/process.tap
%C%_process_tap_SOURCES = %D%/process.c
%C%_process_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/queue.tap
TESTS += %D%/queue.tap
%C%_queue_tap_SOURCES = %D%/queue.c
%C%_queue_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/queue_at.tap
TESTS += %D%/queue_at.tap
%C%_queue_at_tap_SOURCES = %D%/queue_at.c
%C%_queue_at_tap_LDADD = $(UNIT_LIBS)

PAYLOAD_SOURCES = fcgi-bench/credentials.c \
	fcgi-bench/expect.c \
	fcgi-bench/failure.c \
	fcgi-bench/gate.c \
	fcgi-bench/histogram.c \
	fcgi-bench/options.c \
	fcgi-bench/options_check.c \
	fcgi-bench/options_table.c \
	fcgi-bench/payload.c \
	fcgi-bench/payload_make.c
check_PROGRAMS += %D%/payload.tap
TESTS += %D%/payload.tap
%C%_payload_tap_SOURCES = %D%/payload.c $(PAYLOAD_SOURCES)
%C%_payload_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_payload_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/policy.tap
TESTS += %D%/policy.tap
%C%_policy_tap_SOURCES = %D%/policy.c fcgistarter/policy.c
%C%_policy_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_policy_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/random.tap
TESTS += %D%/random.tap
%C%_random_tap_SOURCES = %D%/random.c
%C%_random_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/range.tap
TESTS += %D%/range.tap
%C%_range_tap_SOURCES = %D%/range.c \
	fcgi-probe/range.c
%C%_range_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_range_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/replace.tap
TESTS += %D%/replace.tap
%C%_replace_tap_SOURCES = %D%/replace.c
%C%_replace_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/report.tap
TESTS += %D%/report.tap
%C%_report_tap_SOURCES = %D%/report.c \
	fcgi-probe/judge.c fcgi-probe/judge_answer.c fcgi-probe/judge_threshold.c \
	fcgi-probe/metric.c fcgi-probe/range.c \
	fcgi-probe/report.c fcgi-probe/report_json.c \
	fcgi-probe/report_openmetrics.c fcgi-probe/report_text.c \
	fcgi-probe/verdict.c
%C%_report_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_report_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/responder.tap
TESTS += %D%/responder.tap
%C%_responder_tap_SOURCES = %D%/responder.c fcgi-bench/responder.c
%C%_responder_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_responder_tap_LDADD = $(UNIT_LIBS) -lpthread

check_PROGRAMS += %D%/sender.tap
TESTS += %D%/sender.tap
%C%_sender_tap_SOURCES = %D%/sender.c cgi-fcgi/body.c cgi-fcgi/sender.c
%C%_sender_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_sender_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/series.tap
TESTS += %D%/series.tap
%C%_series_tap_SOURCES = %D%/series.c \
	fcgi-bench/failure.c \
	fcgi-bench/histogram.c \
	fcgi-bench/series.c \
	fcgi-bench/tally.c
%C%_series_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_series_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/server.tap
TESTS += %D%/server.tap
%C%_server_tap_SOURCES = %D%/server.c \
	fcgi-bench/server.c \
	fcgi-bench/server_find.c
%C%_server_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_server_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/setenvif.tap
TESTS += %D%/setenvif.tap
%C%_setenvif_tap_SOURCES = %D%/setenvif.c \
	cgi-fcgi/expression.c \
	cgi-fcgi/expression_value.c \
	cgi-fcgi/parser.c \
	cgi-fcgi/setenvif.c
%C%_setenvif_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/cgi-fcgi
%C%_setenvif_tap_LDADD = $(UNIT_LIBS) $(PCRE2_LIBS)

check_PROGRAMS += %D%/share.tap
TESTS += %D%/share.tap
%C%_share_tap_SOURCES = %D%/share.c fcgi-bench/failure.c fcgi-bench/histogram.c fcgi-bench/share.c
%C%_share_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_share_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/schedule.tap
TESTS += %D%/schedule.tap
%C%_schedule_tap_SOURCES = %D%/schedule.c fcgi-bench/schedule.c
%C%_schedule_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_schedule_tap_LDADD = $(UNIT_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/seen_by.tap
TESTS += %D%/seen_by.tap
%C%_seen_by_tap_SOURCES = %D%/seen_by.c
%C%_seen_by_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/sock_diag.tap
TESTS += %D%/sock_diag.tap
%C%_sock_diag_tap_SOURCES = %D%/sock_diag.c
%C%_sock_diag_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/spawn.tap
TESTS += %D%/spawn.tap
%C%_spawn_tap_SOURCES = %D%/spawn.c
%C%_spawn_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/spawn_become.tap
TESTS += %D%/spawn_become.tap
%C%_spawn_become_tap_SOURCES = %D%/spawn_become.c
%C%_spawn_become_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/stanza.tap
TESTS += %D%/stanza.tap
%C%_stanza_tap_SOURCES = %D%/stanza.c
%C%_stanza_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/state_file.tap
TESTS += %D%/state_file.tap
%C%_state_file_tap_SOURCES = %D%/state_file.c \
	fcgi-probe/metric.c fcgi-probe/range.c fcgi-probe/state_file.c
%C%_state_file_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-probe
%C%_state_file_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/status.tap
TESTS += %D%/status.tap
%C%_status_tap_SOURCES = %D%/status.c fcgistarter/status.c
%C%_status_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_status_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/tally.tap
TESTS += %D%/tally.tap
%C%_tally_tap_SOURCES = %D%/tally.c fcgi-bench/failure.c fcgi-bench/histogram.c fcgi-bench/tally.c
%C%_tally_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgi-bench
%C%_tally_tap_LDADD = $(UNIT_LIBS) $(ZLIB_LIBS) $(M_LIBS)

check_PROGRAMS += %D%/text.tap
TESTS += %D%/text.tap
%C%_text_tap_SOURCES = %D%/text.c
%C%_text_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/trace.tap
TESTS += %D%/trace.tap
%C%_trace_tap_SOURCES = %D%/trace.c
%C%_trace_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/watch.tap
TESTS += %D%/watch.tap
%C%_watch_tap_SOURCES = %D%/watch.c fcgistarter/watch.c
%C%_watch_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_watch_tap_LDADD = $(UNIT_LIBS) $(EV_LIBS)

check_PROGRAMS += %D%/wrapper.tap
TESTS += %D%/wrapper.tap
%C%_wrapper_tap_SOURCES = %D%/wrapper.c fcgistarter/wrapper.c
%C%_wrapper_tap_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/fcgistarter
%C%_wrapper_tap_LDADD = $(UNIT_LIBS)
else
TESTS += %D%/missing.sh
endif
