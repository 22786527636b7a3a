/* Status pages of php-fpm, as 8.2 writes them. */
#ifndef FPM_PAGE_H
#define FPM_PAGE_H

#define FPM_PAGE_STARS "\n************************\n"

#define FPM_PAGE_SUMMARY                                                                           \
	"pool:                 www\n"                                                              \
	"process manager:      static\n"                                                           \
	"start time:           22/Nov/2026:04:33:15 +0000\n"                                       \
	"start since:          3601\n"                                                             \
	"accepted conn:        1204\n"                                                             \
	"listen queue:         3\n"                                                                \
	"max listen queue:     9\n"                                                                \
	"listen queue len:     128\n"                                                              \
	"idle processes:       1\n"                                                                \
	"active processes:     2\n"                                                                \
	"total processes:      3\n"                                                                \
	"max active processes: 2\n"                                                                \
	"max children reached: 4\n"                                                                \
	"slow requests:        5\n"

#define FPM_PAGE_PROCESS(pid, state, since, requests, duration, method, uri, length, script, cpu,  \
    memory)                                                                                        \
	FPM_PAGE_STARS "pid:                  " pid "\n"                                           \
		       "state:                " state "\n"                                         \
		       "start time:           22/Nov/2026:04:33:15 +0000\n"                        \
		       "start since:          " since "\n"                                         \
		       "requests:             " requests "\n"                                      \
		       "request duration:     " duration "\n"                                      \
		       "request method:       " method "\n"                                        \
		       "request URI:          " uri "\n"                                           \
		       "content length:       " length "\n"                                        \
		       "user:                 -\n"                                                 \
		       "script:               " script "\n"                                        \
		       "last request cpu:     " cpu "\n"                                           \
		       "last request memory:  " memory "\n"

#define FPM_PAGE_BUSY                                                                              \
	FPM_PAGE_PROCESS("1525", "Running", "3600", "17", "205482", "GET",                         \
	    "/report.php?token=secret", "4096", "/srv/report.php", "0.00", "0")
#define FPM_PAGE_OURS                                                                              \
	FPM_PAGE_PROCESS("1526", "Running", "3500", "12", "542", "GET", "/status?full", "0",       \
	    "-", "0.00", "0")
#define FPM_PAGE_IDLE                                                                              \
	FPM_PAGE_PROCESS("1528", "Idle", "20", "1", "999999999", "GET", "/old.php",                \
	    "9999", "/srv/old.php", "98.5", "2097152")

#define FPM_PAGE FPM_PAGE_SUMMARY FPM_PAGE_BUSY FPM_PAGE_OURS FPM_PAGE_IDLE

#endif
