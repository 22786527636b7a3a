#include "control_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

static const char for_root[] = "/run/fcgistarter";

/* Writes a path; one that does not fit is an error like any other. */
__attribute__((format(printf, 3, 4))) static int
join(char *dst, size_t size, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(dst, size, format, arguments);
	va_end(arguments);
	if (len >= 0 && (size_t)len < size)
		return 0;
	errno = ENAMETOOLONG;
	return -FCGI_E_SYSTEM;
}

/* A directory that is ours alone, whatever the way to it is. */
static int
check_directory(const char *path, char *why, size_t why_size)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return -FCGI_E_SYSTEM;
	}
	errno = EPERM;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		snprintf(why, why_size, "%s: %s", path,
		    S_ISLNK(st.st_mode) ? "is a symbolic link" : "is not a directory");
	} else if (st.st_uid != geteuid()) {
		snprintf(why, why_size, "%s: belongs to uid %u, we are uid %u", path,
		    (unsigned)st.st_uid, (unsigned)geteuid());
	} else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		snprintf(why, why_size, "%s: others can write to it (its mode is %04o)", path,
		    (unsigned)st.st_mode & 07777u);
	} else {
		return 0;
	}
	return -FCGI_E_SYSTEM;
}

int
control_place_directory(char *dst, size_t size, int make, char *why, size_t why_size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int r;

	if (geteuid() == 0)
		r = join(dst, size, "%s", for_root);
	else if (runtime != NULL && runtime[0] == '/')
		r = join(dst, size, "%s/fcgistarter", runtime);
	else
		r = join(dst, size, "/tmp/fcgistarter-%u", (unsigned)geteuid());
	if (r == 0 && make && mkdir(dst, 0700) < 0 && errno != EEXIST)
		r = -FCGI_E_SYSTEM;
	if (r < 0) {
		snprintf(why, why_size, "%s: %s", dst, strerror(errno));
		return r;
	}
	return check_directory(dst, why, why_size);
}

int
control_place(char *dst, size_t size, const char *control, const char *pid_file, char *why,
    size_t why_size)
{
	const char *given = control != NULL ? control : pid_file;
	char directory[PATH_MAX] = "";
	int r;

	while (given != NULL && strncmp(given, "./", 2) == 0)
		given += 2;
	if (given == NULL) {
		r = control_place_directory(directory, sizeof directory, 1, why, why_size);
		if (r < 0)
			return r;
		r = join(dst, size, "%s/%ld.ctl", directory, (long)getpid());
	} else if (given[0] != '/' && getcwd(directory, sizeof directory) == NULL) {
		r = -FCGI_E_SYSTEM;
	} else {
		r = join(dst, size, "%s%s%s%s", directory, given[0] != '/' ? "/" : "", given,
		    control != NULL ? "" : ".ctl");
	}
	if (r < 0)
		snprintf(why, why_size, "%s: %s", given != NULL ? given : directory,
		    strerror(errno));
	return r;
}

/* Opens the directory that a path leads through and finds what the path calls the file in it. */
static int
open_directory(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];

	*name = slash != NULL ? slash + 1 : path;
	if (join(directory, sizeof directory, "%.*s", (int)(*name - path), path) < 0)
		return -FCGI_E_SYSTEM;
	return open(slash != NULL ? directory : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
control_place_address(const char *path, struct addr_socket *address, int *directory_fd)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)&address->sa;
	const char *name;

	memset(address, 0, sizeof *address);
	sun->sun_family = AF_UNIX;
	address->len = sizeof *sun;
	*directory_fd = -1;
	if (join(sun->sun_path, sizeof sun->sun_path, "%s", path) == 0)
		return 0;
	*directory_fd = open_directory(path, &name);
	if (*directory_fd < 0)
		return -FCGI_E_SYSTEM;
	if (join(sun->sun_path, sizeof sun->sun_path, "/proc/self/fd/%d/%s", *directory_fd,
		name) == 0)
		return 0;
	close(*directory_fd);
	*directory_fd = -1;
	errno = ENAMETOOLONG;
	return -FCGI_E_SYSTEM;
}
