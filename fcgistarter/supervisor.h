/*
 * The pool: its instances from the first start to the last death.  Without -S it is over once all
 * are ready; with -S it goes on, replaces those that die, and obeys signals and the control socket.
 * One libev loop, no threads; a pool in which nothing happens does not wake.
 */
#ifndef FCGISTARTER_SUPERVISOR_H
#define FCGISTARTER_SUPERVISOR_H

#include <ev.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>

#include "generation.h"
#include "identity.h"
#include "instance.h"
#include "listeners.h"
#include "log.h"
#include "options.h"
#include "policy.h"
#include "program.h"

enum supervisor_state {
	SUPERVISOR_STARTING,	/* the first generation is on its way */
	SUPERVISOR_RUNNING,
	SUPERVISOR_STOPPING,	/* no instance is started any more */
};

enum { SUPERVISOR_SIGNALS = 8, SUPERVISOR_KEPT = 4 };

/* What happens to it, for those who are to know. */
enum supervisor_news {
	SUPERVISOR_RELOADING,
	SUPERVISOR_RELOADED,	/* why: NULL, or why it has failed */
	SUPERVISOR_CHANGED,	/* an instance has died or been started */
	SUPERVISOR_STOPS,
};

/* A place in the pool: what serves under one number. */
struct place {
	struct instance *instance;	/* NULL: missing */
	struct instance *successor;	/* is to take the place once it is ready; NULL: none */
	unsigned restarts;
	int retired;			/* 1: stays empty (--restart) */
};

/* The files of this program that make it up may read and write all of it. */
struct supervisor {
	const struct options *options;
	struct program *program;	/* the current generation's */
	struct listeners *listeners;
	const struct identity *identity; /* whom the instances run as */
	struct log *log;		/* of the instances; NULL: they have standard error */
	struct log *own_log;		/* for our own lines once we have started; NULL: without -S */
	struct ev_loop *loop;
	enum supervisor_state state;
	int started;			/* 1 once the first generation was ready */
	int status;			/* exit status */
	int64_t since_s;		/* seconds of the epoch */
	int64_t stopped_ns;		/* when it began to stop */
	struct instance_list instances;	/* all that live */
	struct place *places;		/* options->instances of them */
	unsigned number;		/* of the current generation */
	unsigned restarts;
	struct generation *generation;	/* the one being started; NULL: none */
	struct program next_program;	/* its program, in a reload */
	int reload_again;		/* another was asked for meanwhile */
	struct policy policy;
	ev_timer upgrade;		/* the next turn of the loop */
	ev_timer wake;			/* when the policy wants to be asked again */
	ev_io caller;			/* who waits for the start */
	ev_signal signals[SUPERVISOR_SIGNALS];
	int signal_count;
	sigset_t watched;
	void (*on_news)(struct supervisor *supervisor, enum supervisor_news news,
	    const char *why);		/* NULL: nobody wants to know */
	void *listener_of_news;
	struct spawn pattern;		/* of all instances: whom they run as, their limits */
	char control_path[PATH_MAX];	/* "": no control socket */

	/* for an upgrade */
	char **argv;
	char self[PATH_MAX];
	char directory[PATH_MAX];
	const char *notify_socket;	/* NULL or "": none */
	int activated;			/* how many of the sockets were handed to us */
	struct {
		const char *name;
		int fd;
	} kept[SUPERVISOR_KEPT];	/* descriptors to hand on besides sockets and logs */
	size_t kept_count;
};

/*
 * In the process that is to have the instances for children, and no others.
 * options, program, listeners: alive and unmoved as long as the supervisor.
 * Returns it, or NULL with errno.
 */
struct supervisor *supervisor_new(const struct options *options, struct program *program,
    struct listeners *listeners);
void supervisor_free(struct supervisor *supervisor);

/*
 * Starts all instances and waits until they are as ready as the options ask for.
 * caller_fd: of spawn_daemonize(), -1 without: the start is given up when nobody waits any more.
 * Returns 0, or the exit status after an error message and with no instance left.
 */
int supervisor_start(struct supervisor *supervisor, int caller_fd);

/* Ends all instances and waits for it: what was started is of no use. */
void supervisor_end(struct supervisor *supervisor);

/*
 * Takes the signals of a supervisor from now on, whatever nohup(1) or a shell's & had it ignore.  They
 * are obeyed in supervisor_run().
 */
void supervisor_obey(struct supervisor *supervisor);

/* Goes on until the pool is told to stop or given up.  Returns the exit status. */
int supervisor_run(struct supervisor *supervisor);

/* Begins to end all instances; a second call does nothing. */
void supervisor_stop(struct supervisor *supervisor, int status);

/* Starts a new generation that takes over once it is ready. */
void supervisor_reload(struct supervisor *supervisor);

/* Starts one instance under a number.  Returns it, or NULL with failure filled in. */
struct instance *supervisor_spawn(struct supervisor *supervisor, const struct program *program,
    int number, unsigned generation, struct spawn_failure *failure);

/* Gives an instance the place under its number: from now on its death makes the place empty. */
void supervisor_place(struct supervisor *supervisor, struct instance *instance);

/* Takes over an instance that an earlier program of ours has started. */
void supervisor_adopt(struct supervisor *supervisor, struct instance *instance, int retiring);

/* Notes a descriptor that an upgrade is to hand on.  name: a constant. */
void supervisor_keep(struct supervisor *supervisor, const char *name, int fd);

/* A line of ours: on standard error before detaching, in the log after. */
void supervisor_say(const struct supervisor *supervisor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
