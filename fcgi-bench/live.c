#include "live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"

#define TO_LINE_END "\033[K"
#define RED "\033[31m"
#define PLAIN "\033[m"

enum { LINE_SIZE = 256, COLUMNS_UNKNOWN = 80 };

void
live_init(struct live *live, int quiet)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	*live = (struct live){ .fd = -1 };
	if (quiet || term == NULL || *term == '\0' || strcmp(term, "dumb") == 0 ||
	    !isatty(STDERR_FILENO))
		return;
	live->fd = STDERR_FILENO;
	live->color = no_color == NULL || *no_color == '\0';
}

/*
 * In steps that tell one line from the next; rounded up, but for the few milliseconds by which a
 * line is late or the threads' start is.
 */
static int64_t
round_left(const struct live_view *view)
{
	int64_t step_ns = view->every_ns < CLOCK_NS_PER_S ? CLOCK_NS_PER_S / 10 : CLOCK_NS_PER_S;
	int64_t steps = (view->left_ns + step_ns - step_ns / 10 - 1) / step_ns;

	if (steps == 0 && view->left_ns > 0)
		steps = 1;
	return steps * step_ns;
}

static void
put_left(char *dst, size_t size, const struct live_view *view)
{
	char duration[32];

	*dst = '\0';
	if (view->left > 0)
		snprintf(dst, size, "  %" PRIu64 " left", view->left);
	else if (view->left_ns != CLOCK_NEVER)
		snprintf(dst, size, "  %s left",
		    clock_format_duration(duration, sizeof duration, round_left(view)));
}

char *
live_format(char *dst, size_t size, const struct live_view *view, unsigned int columns, int color)
{
	char duration[32], rate[48] = "", p99[48] = "", failed[48] = "", left[48];
	char text[LINE_SIZE];
	int is_red = color && view->failed > 0;
	size_t len;

	if (view->has_rate)
		snprintf(rate, sizeof rate, "  %.0f/s", view->rate);
	if (view->p99_ns > 0)
		snprintf(p99, sizeof p99, "  p99 %s",
		    clock_format_duration(duration, sizeof duration, (int64_t)view->p99_ns));
	if (!view->warming)
		snprintf(failed, sizeof failed, "  %s%" PRIu64 " failed%s", is_red ? RED : "",
		    view->failed, is_red ? PLAIN : "");
	put_left(left, sizeof left, view);
	snprintf(text, sizeof text, "%s%s%s%s%s", view->warming ? "  warm-up" : "", rate, p99,
	    failed, left);
	len = (size_t)snprintf(dst, size, "%s", text + strspn(text, " "));
	if (is_red)
		len -= strlen(RED PLAIN);
	if (len <= columns)
		return dst;
	if (is_red)
		return live_format(dst, size, view, columns, 0);
	if (columns < size)
		dst[columns] = '\0';
	return dst;
}

static unsigned int
count_columns(int fd)
{
	struct winsize window;

	if (ioctl(fd, TIOCGWINSZ, &window) < 0 || window.ws_col == 0)
		return COLUMNS_UNKNOWN;
	return window.ws_col;
}

/* A terminal that does not take it is no reason to end a run. */
static void
put(int fd, const char *text)
{
	ssize_t written = write(fd, text, strlen(text));

	(void)written;
}

void
live_show(struct live *live, const struct live_view *view)
{
	char text[LINE_SIZE], line[LINE_SIZE + 8];

	if (live->fd < 0)
		return;
	/* In the last column a terminal would begin the next line. */
	live_format(text, sizeof text, view, count_columns(live->fd) - 1, live->color);
	snprintf(line, sizeof line, "\r%s" TO_LINE_END, text);
	put(live->fd, line);
	live->shown = 1;
}

void
live_clear(struct live *live)
{
	if (!live->shown)
		return;
	put(live->fd, "\r" TO_LINE_END);
	live->shown = 0;
}
