/* Stands before the accept4 of the system for every library of the process: libzmq 4.3.4 ends the
   process when somebody connects to an ipc socket and no descriptor is left, and looks at a tcp
   socket again and again. A descriptor is the lowest number that is free, so its number says how
   many there are, and whoever comes when few are left can be turned away. */
#define _GNU_SOURCE
#include "CAccept.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int first_refused = INT_MAX;
static atomic_ulong refusals;

void accept_below(int number) { atomic_store(&first_refused, number); }

unsigned long accept_refusals(void) { return atomic_load(&refusals); }

/* ECONNABORTED is what every caller is ready for: somebody came and was gone before the answer. */
int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    int taken = (int)syscall(SYS_accept4, listener, address, length, flags);
    if (taken < atomic_load(&first_refused) && (taken >= 0 || errno != EMFILE)) return taken;
    if (taken >= 0) close(taken);
    atomic_fetch_add(&refusals, 1);
    errno = ECONNABORTED;
    return -1;
}
