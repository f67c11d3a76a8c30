#ifndef BATON_HIREDIS_SHIM_H
#define BATON_HIREDIS_SHIM_H

/* The system's headers first: hiredis defines macros that change what they declare. */
#include <sys/types.h>
#include <sys/time.h>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

/* What hiredis 0.14 and 1.x call differently, and what is easier said in C. Both free a context by
   themselves after an error: 1.x does so as long as nobody asks it for REDIS_OPT_NOAUTOFREE. */

/* Begins to connect: to the socket of a path where the port is 0. */
static inline redisAsyncContext *baton_redis_connect(const char *place, int port)
{
#if HIREDIS_MAJOR >= 1
    redisOptions options = {0};
    if (port == 0) {
        REDIS_OPTIONS_SET_UNIX(&options, place);
    } else {
        REDIS_OPTIONS_SET_TCP(&options, place, port);
    }
    return redisAsyncConnectWithOptions(&options);
#else
    return port == 0 ? redisAsyncConnectUnix(place) : redisAsyncConnect(place, port);
#endif
}

/* What went wrong; NULL where nothing did. */
static inline const char *baton_redis_error(const redisAsyncContext *context)
{
    return context->c.err == 0 ? NULL : context->c.errstr;
}

/* Has a reply of no command of its own handed to the function. Without one in reserve a reply that
   nobody asked for ends the process: hiredis asserts that there is none. */
static inline int baton_redis_expect(
    redisAsyncContext *context, redisCallbackFn *replied, void *data)
{
    return redisAsyncFormattedCommand(context, replied, data, "$0\r\n\r\n", 0);
}

/* Adds bytes to the command that was given last. */
static inline int baton_redis_append(redisAsyncContext *context, const char *bytes, size_t length)
{
    return redisAppendFormattedCommand(&context->c, bytes, length);
}

/* Takes the hooks away: the context tells nobody of its end. */
static inline void baton_redis_silence(redisAsyncContext *context)
{
    context->ev.data = NULL;
    context->ev.addRead = NULL;
    context->ev.delRead = NULL;
    context->ev.addWrite = NULL;
    context->ev.delWrite = NULL;
    context->ev.cleanup = NULL;
}

#endif
