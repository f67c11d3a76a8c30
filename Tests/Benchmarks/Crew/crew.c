// crew: many workers of one agent in one process, as a foreign client would write them. Each takes
// TASKs over a connection of its own, works as long as it is told to without keeping anybody
// waiting, and answers with the content it was given. The first of them may be slower than the
// others, or stall in a share of its tasks, which are drawn from a seed.
//
// usage: crew [--capacity N] ADDRESS NAME AGENT WORKERS WORK_US
//             [SLOWNESS [STALL_PERCENT STALL_US SEED]]
// Prints one JSON object when all are registered; for each line on its standard input one with how
// many tasks each worker has taken and all have answered since the last; and leaves when that ends.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { CANCEL = 5, HELLO = 20, READY = 21, ACCEPT = 22, RESULT = 27, FAIL = 28, PONG = 29 };
enum { BYE = 31, WELCOME = 40, TASK = 41, ABORT = 43, PING = 44 };
enum { echo_size = 512, most_jobs = 1 << 20, most_capacity = 65536 };
enum { on_timer = 1 << 30, on_input };

typedef struct {
    void *socket;
    int is_up;
    long taken, answered;
} worker_t;

// What every answer about a task repeats of it, as the bytes they came in.
typedef struct {
    unsigned char echo[echo_size];
    size_t echo_size;
    uint64_t dispatch;
    int type, is_volatile;
} envelope_t;

typedef struct {
    uint64_t due;
    int worker;
    envelope_t task;
    zmq_msg_t content;
} job_t;

static worker_t *workers;
static int worker_count, registered, capacity = 64;
static job_t **jobs; // a heap, the earliest first
static int job_count;
static uint64_t work_us, stall_us, seed = 1;
static double slowness = 1, stall_percent;

static void die(const char *what) {
    fprintf(stderr, "crew: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

// ---- envelopes

static const unsigned char *read_number(
    const unsigned char *at, const unsigned char *end, uint64_t *number) {
    *number = 0;
    for (int shift = 0; at < end && shift < 64; shift += 7) {
        *number |= (uint64_t)(*at & 0x7f) << shift;
        if (!(*at++ & 0x80)) return at;
    }
    return NULL;
}

// request_id, step, attempt, fence and dispatch
static int is_echoed(uint64_t field) { return (field >= 9 && field <= 12) || field == 23; }

static void read_envelope(envelope_t *e, const unsigned char *at, size_t size) {
    const unsigned char *end = at + size;
    memset(e, 0, sizeof *e);
    while (at && at < end) {
        const unsigned char *start = at;
        uint64_t key, value = 0;
        at = read_number(at, end, &key);
        if (at) at = read_number(at, end, &value);
        if (!at || ((key & 7) != 0 && (key & 7) != 2)) return;
        if ((key & 7) == 2) {
            if (value > (uint64_t)(end - at)) return;
            at += value;
        }
        if (key >> 3 == 2) e->type = (int)value;
        if (key >> 3 == 14) e->is_volatile = value == 1;
        if (key >> 3 == 23) e->dispatch = value;
        size_t length = (size_t)(at - start);
        if (is_echoed(key >> 3) && e->echo_size + length <= echo_size) {
            memcpy(e->echo + e->echo_size, start, length);
            e->echo_size += length;
        }
    }
}

// Field 1 is the version, 1; field 2 the type. A zmq_msg_t given here is sent, not copied.
static void say(int worker, int type, const void *rest, size_t size, zmq_msg_t *content) {
    unsigned char envelope[echo_size + 64] = {8, 1, 16, (unsigned char)type};
    memcpy(envelope + 4, rest, size);
    void *s = workers[worker].socket;
    if (zmq_send(s, envelope, size + 4, ZMQ_SNDMORE) < 0) die("send");
    if ((content ? zmq_msg_send(content, s, 0) : zmq_send(s, "", 0, 0)) < 0) die("send");
}

static void hello(int worker, const char *agent) {
    char text[1024];
    zmq_msg_t content;
    int size = snprintf(text, sizeof text,
        "{\"role\":\"worker\",\"session\":\"crew-%d-%d\",\"capacity\":%d,\"agents\":[{"
        "\"name\":\"%s\",\"version\":\"1.0.0\",\"description\":\"One of a crew\","
        "\"effect\":\"pure\"}]}", (int)getpid(), worker, capacity, agent);
    zmq_msg_init_size(&content, (size_t)size);
    memcpy(zmq_msg_data(&content), text, (size_t)size);
    say(worker, HELLO, "", 0, &content);
}

// Field 22 is the credit, a number of up to three groups of seven bits.
static void ready(int worker) {
    unsigned char rest[8] = {0xb0, 1};
    size_t size = 2;
    for (int left = capacity; left; left >>= 7)
        rest[size++] = (unsigned char)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    say(worker, READY, rest, size, NULL);
}

// ---- jobs

static void sink_job(int at) {
    for (;;) {
        int least = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < job_count && jobs[child]->due < jobs[least]->due) least = child;
        if (least == at) return;
        job_t *job = jobs[at];
        jobs[at] = jobs[least];
        jobs[least] = job;
        at = least;
    }
}

static void raise_job(int at) {
    for (int up; at > 0 && jobs[at]->due < jobs[up = (at - 1) / 2]->due; at = up) {
        job_t *job = jobs[at];
        jobs[at] = jobs[up];
        jobs[up] = job;
    }
}

static job_t *take_job(int at) {
    job_t *job = jobs[at];
    jobs[at] = jobs[--job_count];
    if (at < job_count) sink_job(at), raise_job(at);
    return job;
}

static double draw(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / (double)(1ull << 53);
}

static uint64_t duration(int worker) {
    if (worker) return work_us;
    if (stall_percent > 0 && draw() * 100 < stall_percent) return stall_us;
    return (uint64_t)((double)work_us * slowness);
}

static void begin(int worker, const envelope_t *task, zmq_msg_t *content) {
    uint64_t time = duration(worker);
    workers[worker].taken++;
    if (!task->is_volatile) say(worker, ACCEPT, task->echo, task->echo_size, NULL);
    if (!time) {
        say(worker, RESULT, task->echo, task->echo_size, content);
        workers[worker].answered++;
        return;
    }
    job_t *job = malloc(sizeof *job);
    if (!job || job_count == most_jobs) die("too many jobs");
    job->due = now_us() + time;
    job->worker = worker;
    job->task = *task;
    zmq_msg_init(&job->content);
    zmq_msg_move(&job->content, content);
    jobs[job_count++] = job;
    raise_job(job_count - 1);
}

static void cancel(int worker, uint64_t dispatch) {
    // Field 21 is the error, its field 1 the code.
    static const char error[] = "\xaa\x01\x0b\x0a\x09""cancelled";
    unsigned char rest[echo_size + sizeof error];
    for (int i = 0; i < job_count; i++) {
        if (jobs[i]->worker != worker || jobs[i]->task.dispatch != dispatch) continue;
        job_t *job = take_job(i);
        memcpy(rest, job->task.echo, job->task.echo_size);
        memcpy(rest + job->task.echo_size, error, sizeof error - 1);
        say(worker, FAIL, rest, job->task.echo_size + sizeof error - 1, NULL);
        zmq_msg_close(&job->content);
        free(job);
        return;
    }
}

// ---- the loop

static void receive(int worker, const envelope_t *message, zmq_msg_t *content) {
    switch (message->type) {
    case TASK: begin(worker, message, content); break;
    case CANCEL:
    case ABORT: cancel(worker, message->dispatch); break;
    case PING: say(worker, PONG, "", 0, NULL); break;
    case WELCOME:
        ready(worker);
        if (!workers[worker].is_up) workers[worker].is_up = 1, registered++;
    }
}

// Reads until nothing is left: the descriptor tells of news only once.
static void drain(int worker) {
    zmq_msg_t envelope, content;
    envelope_t message;
    zmq_msg_init(&envelope);
    zmq_msg_init(&content);
    while (zmq_msg_recv(&envelope, workers[worker].socket, ZMQ_DONTWAIT) >= 0) {
        if (zmq_msg_recv(&content, workers[worker].socket, 0) < 0) die("receive");
        read_envelope(&message, zmq_msg_data(&envelope), zmq_msg_size(&envelope));
        receive(worker, &message, &content);
    }
    zmq_msg_close(&envelope);
    zmq_msg_close(&content);
}

static void finish_due(void) {
    while (job_count && jobs[0]->due <= now_us()) {
        job_t *job = take_job(0);
        int worker = job->worker;
        say(worker, RESULT, job->task.echo, job->task.echo_size, &job->content);
        workers[worker].answered++;
        zmq_msg_close(&job->content);
        free(job);
        drain(worker);
    }
}

static void set_timer(int timer) {
    struct itimerspec next = {0};
    uint64_t due = job_count ? jobs[0]->due : 0;
    next.it_value.tv_sec = (time_t)(due / 1000000);
    next.it_value.tv_nsec = (long)(due % 1000000) * 1000;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &next, NULL);
}

static void report(void) {
    long answered = 0;
    printf("{\"taken\": [");
    for (int i = 0; i < worker_count; i++) {
        printf("%s%ld", i ? ", " : "", workers[i].taken);
        answered += workers[i].answered;
        workers[i].taken = workers[i].answered = 0;
    }
    printf("], \"answered\": %ld}\n", answered);
    fflush(stdout);
}

static void answer_input(void) {
    char text[256];
    ssize_t size = read(0, text, sizeof text);
    if (size > 0) return report();
    for (int i = 0; i < worker_count; i++) say(i, BYE, "", 0, NULL), zmq_close(workers[i].socket);
    exit(0);
}

static void watch(int poll, int descriptor, uint32_t events, uint32_t name) {
    struct epoll_event event = {.events = events, .data.u32 = name};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event)) die("watch");
}

static void connect_worker(void *context, int poll, int i, char **arguments) {
    char name[64];
    int length = snprintf(name, sizeof name, "%s.%d", arguments[2], i), zero = 0, descriptor;
    size_t size = sizeof descriptor;
    void *s = workers[i].socket = zmq_socket(context, ZMQ_DEALER);
    if (!s) die("socket");
    zmq_setsockopt(s, ZMQ_ROUTING_ID, name, (size_t)length);
    zmq_setsockopt(s, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(s, ZMQ_SNDHWM, &zero, sizeof zero);
    zmq_setsockopt(s, ZMQ_RCVHWM, &zero, sizeof zero);
    if (zmq_connect(s, arguments[1])) die("connect");
    if (zmq_getsockopt(s, ZMQ_FD, &descriptor, &size)) die("descriptor");
    watch(poll, descriptor, EPOLLIN | EPOLLET, (uint32_t)i);
    hello(i, arguments[3]);
}

int main(int count, char **arguments) {
    if (count > 3 && !strcmp(arguments[1], "--capacity")) {
        capacity = atoi(arguments[2]);
        count -= 2;
        arguments += 2;
        if (capacity < 1 || capacity > most_capacity) return 2;
    }
    if (count != 6 && count != 7 && count != 10) {
        fprintf(stderr, "usage: crew [--capacity N] ADDRESS NAME AGENT WORKERS WORK_US "
                        "[SLOWNESS [STALL_PERCENT STALL_US SEED]]\n");
        return 2;
    }
    worker_count = atoi(arguments[4]);
    work_us = strtoull(arguments[5], NULL, 10);
    if (count > 6) slowness = atof(arguments[6]);
    if (count > 7) stall_percent = atof(arguments[7]);
    if (count > 8) stall_us = strtoull(arguments[8], NULL, 10);
    if (count > 9) seed = strtoull(arguments[9], NULL, 10) * 0x9e3779b97f4a7c15u | 1;
    int poll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), told = 0;
    void *context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, worker_count + 16);
    workers = calloc((size_t)worker_count, sizeof *workers);
    jobs = calloc(most_jobs, sizeof *jobs);
    if (worker_count < 1 || !workers || !jobs) return 2;
    for (int i = 0; i < worker_count; i++) connect_worker(context, poll, i, arguments);
    for (int i = 0; i < worker_count; i++) drain(i);
    watch(poll, timer, EPOLLIN | EPOLLET, on_timer);
    watch(poll, 0, EPOLLIN, on_input);
    for (;;) {
        struct epoll_event events[256];
        set_timer(timer);
        int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.u32 == on_input) answer_input();
            else if (events[i].data.u32 != on_timer) drain((int)events[i].data.u32);
        }
        finish_due();
        if (registered == worker_count && !told++) {
            printf("{\"registered\": %d}\n", registered);
            fflush(stdout);
        }
    }
}
