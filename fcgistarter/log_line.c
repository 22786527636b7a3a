#include "log_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "text.h"

static size_t
put_syslog_header(char *dst, time_t now)
{
	/* Not of strftime(3), which has them in the user's language. */
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm;

	localtime_r(&now, &tm);
	return (size_t)snprintf(dst, LOG_LINE_PREFIX_SIZE, "<%d>%s %2d %02d:%02d:%02d ",
	    LOG_DAEMON | LOG_NOTICE, months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

static size_t
put_time(char *dst, time_t now)
{
	struct tm tm;
	long minutes;

	localtime_r(&now, &tm);
	minutes = tm.tm_gmtoff / 60;
	return (size_t)snprintf(dst, LOG_LINE_PREFIX_SIZE,
	    "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+',
	    labs(minutes) / 60, labs(minutes) % 60);
}

void
log_line_own_prefix(char *dst, enum log_target target, time_t now, pid_t pid)
{
	size_t len = 0;

	if (target == LOG_TO_SYSLOG)
		len = put_syslog_header(dst, now);
	else if (target == LOG_TO_FILE)
		len = put_time(dst, now);
	snprintf(dst + len, LOG_LINE_PREFIX_SIZE - len, "fcgistarter[%ld]: ", (long)pid);
}

void
log_line_tag_prefix(char *dst, enum log_target target, time_t now, const char *tag,
    int number, pid_t pid)
{
	size_t len = target == LOG_TO_SYSLOG ? put_syslog_header(dst, now) : 0;

	snprintf(dst + len, LOG_LINE_PREFIX_SIZE - len, "%s[%d:%ld]%s ", tag, number, (long)pid,
	    target == LOG_TO_SYSLOG ? ":" : "");
}

size_t
log_line_write(char *dst, size_t size, const char *prefix, const char *text, size_t len, int flags)
{
	size_t used = strlen(prefix), room;

	/* Besides, a backslash and a newline; text_escape() wants room for a terminator. */
	if (size < used + 3)
		return 0;
	room = size - used - 2;
	if (flags & LOG_LINE_ESCAPED) {
		len = text_escape(dst + used, room, text, len,
		    flags & LOG_LINE_TABS ? TEXT_KEEP_LINES : 0);
		if (len >= room)
			return 0;
	} else {
		if (len > room)
			return 0;
		memcpy(dst + used, text, len);
	}
	memcpy(dst, prefix, used);
	used += len;
	if ((flags & LOG_LINE_ESCAPED) && (flags & LOG_LINE_CONTINUED))
		dst[used++] = '\\';
	dst[used++] = '\n';
	return used;
}

size_t
log_line_piece(const char *text, size_t len)
{
	size_t back = 0;

	/* The byte behind the piece goes on with a character that the piece begins. */
	while (back < 3 && back < len && ((unsigned char)text[len - back] & 0xc0) == 0x80)
		back++;
	/* Not UTF-8 if there are more: then there is nothing to tear. */
	if (back == len || ((unsigned char)text[len - back] & 0xc0) == 0x80)
		return len;
	return len - back;
}
