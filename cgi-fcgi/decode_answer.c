#include "decode_answer.h"

#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"
#include "report.h"
#include "verdict.h"

void
decode_answer_open(struct decode_answer *answer, struct options *options, char *name)
{
	report_check(options);
	answer->options = *options;
	answer->options.connect = name;
	/* Nobody has sent a request, so nothing is to be said of its body. */
	answer->options.no_stdin = 1;
	answer->exchange.options = &answer->options;
	output_init(&answer->exchange.output, &answer->options);
}

/* Where an answer cannot be written to, the rest of the capture is of no use. */
static void
check_output(struct decode_answer *answer)
{
	struct output *output = &answer->exchange.output;

	if (output->error != 0)
		cli_die(&answer->options.cli, output->error, "%s: %s",
		    output->error_name != NULL ? output->error_name : "standard output",
		    strerror(output->error));
}

/* --as-seen-by begins with the bytes, others with the first record. */
static void
begin_output(struct decode_answer *answer)
{
	if (!answer->begun)
		output_begin(&answer->exchange.output);
	answer->begun = 1;
}

static void
begin(struct decode_answer *answer, const struct decode_event *event)
{
	struct exchange *exchange = &answer->exchange;

	answer->passing = 1;
	answer->use = event->use;
	exchange->reply = (struct fcgi_request){ .request_id = event->record.request_id };
	/* Unless END_REQUEST comes. */
	exchange->ending = ENDED_PEER;
	exchange->error = -FCGI_E_CLOSED;
	begin_output(answer);
}

static void
end(struct decode_answer *answer)
{
	struct exchange *exchange = &answer->exchange;
	int status;

	answer->passing = 0;
	answer->begun = 0;
	decode_answer_flush(answer);
	output_end(&exchange->output);
	/* That the capture ends too early is known and told; what else there is to say is not. */
	if (exchange->reply.ended)
		status = verdict_tell(exchange);
	else
		status = report_write(exchange, EXIT_PROTOCOL) == 0 ? 0 : EXIT_PROTOCOL;
	if (answer->status == 0)
		answer->status = status;
}

void
decode_answer_bytes(struct decode_answer *answer, const unsigned char *p, const unsigned char *end)
{
	answer->exchange.conn.received += (uint64_t)(end - p);
	if (answer->options.seen_by == NULL || answer->seen_all)
		return;
	begin_output(answer);
	answer->seen_all = output_wire(&answer->exchange.output, p, end) > 0;
	check_output(answer);
}

/* What a web server makes of a second answer is not asked. */
static int
only_first(const struct decode_answer *answer)
{
	return answer->options.seen_by != NULL && answer->use > 0;
}

void
decode_answer_take(struct decode_answer *answer, const struct decode_event *event)
{
	struct fcgi_request *reply = &answer->exchange.reply;
	struct output *output = &answer->exchange.output;

	if (fcgi_record_sender(event->record.type) != FCGI_SENDER_APPLICATION ||
	    event->what == DECODE_OTHER)
		return;
	if (!answer->passing && !only_first(answer))
		begin(answer, event);
	if (!answer->passing || event->record.request_id != reply->request_id ||
	    event->use != answer->use) {
		if (answer->skipped++ == 0)
			answer->skipped_id = event->record.request_id;
		return;
	}
	if (event->what == DECODE_STREAM && event->record.type == FCGI_STDOUT) {
		reply->stdout_len += event->slice.len;
		(void)output_stdout(output, &event->slice);
	} else if (event->what == DECODE_STREAM) {
		reply->stderr_len += event->slice.len;
		(void)output_stderr(output, &event->slice);
	} else if (event->what == DECODE_END) {
		reply->ended = 1;
		reply->end = event->end;
		answer->exchange.ending = ENDED_COMPLETE;
		end(answer);
	}
	check_output(answer);
}

void
decode_answer_flush(struct decode_answer *answer)
{
	(void)output_flush(&answer->exchange.output);
	check_output(answer);
}

void
decode_answer_fault(struct decode_answer *answer, const char *text)
{
	snprintf(answer->exchange.failure, sizeof answer->exchange.failure, "%s", text);
}

int
decode_answer_close(struct decode_answer *answer)
{
	if (answer->passing)
		end(answer);
	return verdict_close(&answer->exchange, answer->status);
}
