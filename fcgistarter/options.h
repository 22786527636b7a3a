/* The command line of fcgistarter, read into one structure and checked. */
#ifndef FCGISTARTER_OPTIONS_H
#define FCGISTARTER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "cli.h"
#include "policy.h"

/* When an instance counts as started. */
enum ready {
	READY_EXEC,	/* its program is executed */
	READY_ALIVE,	/* ... and has lived for start_grace */
	READY_CONNECT,	/* ... and has accepted a connection */
	READY_VALUES,	/* ... and has answered FCGI_GET_VALUES */
	READY_REQUEST,	/* ... and has answered a request */
};

/* What is asked of fcgistarter besides starting. */
enum action {
	ACTION_START,
	ACTION_STATUS,
	ACTION_JSON,		/* --status --json */
	ACTION_RELOAD,
	ACTION_STOP,
	ACTION_CHECK,
	ACTION_PRINT_CONFIG,
};

enum { STOP_SIGNALS_MAX = 8, INSTANCES_MAX = 65535 };

/* Values of an option that may be given several times. */
struct words {
	char **items;
	size_t count;
};

struct options {
	/* where */
	int port;			/* -1: a UNIX socket instead; 0: any free one */
	struct words interfaces;	/* none: loopback */
	char *socket;			/* as given, with its %i; NULL: a port instead */
	int per_instance;		/* 1: a socket for each instance */
	int backlog;
	mode_t mode;
	char *socket_owner;		/* NULL: ours */
	char *ipc_dir;			/* of relative socket names; NULL: where we are */
	int fd;				/* of a socket that listens already; -1: none given */

	/* what */
	const char *command;
	char **arguments;		/* of the command, NULL-terminated; NULL: none */
	int instances;
	char *directory;
	struct words changes;		/* of the environment: NAME=VALUE or NAME */
	struct words kept;		/* names that --clean-env spares */
	int clean_env;
	int set_umask;
	mode_t umask;
	int nice;
	struct rlimit open_files;	/* rlim_max 0: as ours */
	int ignore_sigpipe;
	char *allow;			/* NULL: no list */

	/* who */
	char *user;
	char *group;
	char *root;
	int no_new_privs;		/* -1: with -u, and never with a wrapper */
	char *wrapper;

	/* start */
	int64_t start_grace_ns;
	enum ready ready;
	int wait;			/* 1: give up after wait_timeout_ns */
	int64_t wait_timeout_ns;
	int print_port;
	int print_socket;		/* the path that was made up for --ipc-dir */
	char *pid_file;			/* NULL: none */
	int64_t start_delay_ns;
	int notify_fd;			/* -1: none */

	/* supervise */
	int supervise;
	int foreground;
	struct policy_config policy;
	int stop_signals[STOP_SIGNALS_MAX];
	int stop_signal_count;
	int64_t stop_timeout_ns;
	char *log;			/* NULL: none */
	int log_tagged;			/* -1: not said */
	int64_t max_lifetime_ns;	/* 0: none */
	uint64_t max_rss;		/* bytes; 0: none */
	int64_t drain_delay_ns;
	int watch;
	char *watch_file;

	/* control */
	enum action action;
	int json;			/* private */
	char *control;
	unsigned print_config;		/* bits of enum print_config_kind */

	struct cli cli;			/* what command and arguments live in */
	char *command_given;		/* private */
};

/* Reads the command line; a wrong one does not return. */
void options_read(struct options *options, int argc, char **argv);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
