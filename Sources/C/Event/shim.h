#ifndef BATON_EVENT_SHIM_H
#define BATON_EVENT_SHIM_H

/* The system's headers first: event2/event.h defines _GNU_SOURCE, which would change the layout of
   fd_set against the one Swift's Glibc module has. */
#include <sys/types.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

/* glibc has these (since 2.9, 2.29 and 2.34) and shows them only with _GNU_SOURCE. */
extern int pipe2(int ends[2], int flags);
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif
extern int posix_spawn_file_actions_addchdir_np(
    posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(
    posix_spawn_file_actions_t *actions, int from);

/* What glibc has no function for, or one with variable arguments. */

/* Opens a path beneath a folder, without ever leaving it: not by "..", not by a link, not by an
   absolute path. */
static inline int baton_open_beneath(int folder, const char *path)
{
    struct open_how how = {
        .flags = 010000000 /* O_PATH, shown only with _GNU_SOURCE */ | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

/* From now on no program that this process becomes has more rights than it. */
static inline int baton_renounce(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

#endif
