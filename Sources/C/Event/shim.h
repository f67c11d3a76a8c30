#ifndef BATON_EVENT_SHIM_H
#define BATON_EVENT_SHIM_H

/* The system's headers first: event2/event.h defines _GNU_SOURCE, which would change the layout of
   fd_set against the one Swift's Glibc module has. */
#include <sys/types.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/timerfd.h>

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

#endif
