// The physical limit of a call through an orchestrator: client - broker - worker over ZeroMQ, in C.
// It checks, stores and limits nothing; it does the least any orchestrator of this shape must do:
// take a message of 272 bytes, remember who sent it, pass it to a worker, match the answer, send
// it back.
//
//   limit broker FRONT BACK      prints the endpoint of BACK and, once a worker is there, of FRONT
//   limit worker BACK
//   limit client FRONT WINDOW WARM SECONDS      prints {"n", "rps", "p50_us", "p99_us"}
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { payload_size = 256, batch = 256, slots = 65536, latencies = 8 << 20, identity_size = 16 };

typedef struct {
    uint64_t id;    // the client's, for its latency
    uint32_t slot;  // the broker's, to find the client again
    uint32_t spare;
} header_t;

typedef struct {
    char client[identity_size];
    size_t client_size;
} pending_t;

static void die(const char *what) {
    fprintf(stderr, "limit: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// A socket without high-water marks: at the limit nothing is ever dropped or made to wait.
static void *make_socket(void *context, int type) {
    void *s = zmq_socket(context, type);
    int zero = 0;
    if (!s) die("zmq_socket");
    zmq_setsockopt(s, ZMQ_SNDHWM, &zero, sizeof zero);
    zmq_setsockopt(s, ZMQ_RCVHWM, &zero, sizeof zero);
    zmq_setsockopt(s, ZMQ_LINGER, &zero, sizeof zero);
    return s;
}

static void bind_and_print(void *s, const char *endpoint) {
    char bound[256];
    size_t size = sizeof bound;
    if (zmq_bind(s, endpoint)) die("bind");
    if (zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, bound, &size)) die("endpoint");
    puts(bound);
    fflush(stdout);
}

// ---- broker

static void *front, *back;
static pending_t pending[slots];
static uint32_t free_slots[slots];
static int free_count;

static int take_requests(void) {
    int taken = 0;
    for (; taken < batch; taken++) {
        zmq_msg_t identity, body;
        zmq_msg_init(&identity);
        if (zmq_msg_recv(&identity, front, ZMQ_DONTWAIT) < 0) break;
        zmq_msg_init(&body);
        if (zmq_msg_recv(&body, front, 0) < 0) die("receive a request");
        if (!free_count || zmq_msg_size(&identity) > identity_size) exit(1);
        uint32_t slot = free_slots[--free_count];
        pending[slot].client_size = zmq_msg_size(&identity);
        memcpy(pending[slot].client, zmq_msg_data(&identity), pending[slot].client_size);
        zmq_msg_close(&identity);
        ((header_t *)zmq_msg_data(&body))->slot = slot;
        if (zmq_send(back, "w0", 2, ZMQ_SNDMORE) < 0) die("send to the worker");
        if (zmq_msg_send(&body, back, 0) < 0) die("send to the worker");
    }
    return taken;
}

static int take_answers(void) {
    int taken = 0;
    for (; taken < batch; taken++) {
        zmq_msg_t worker, body;
        header_t header;
        zmq_msg_init(&worker);
        if (zmq_msg_recv(&worker, back, ZMQ_DONTWAIT) < 0) break;
        zmq_msg_init(&body);
        if (zmq_msg_recv(&body, back, 0) < 0) die("receive an answer");
        zmq_msg_close(&worker);
        memcpy(&header, zmq_msg_data(&body), sizeof header);
        pending_t *p = &pending[header.slot];
        if (zmq_send(front, p->client, p->client_size, ZMQ_SNDMORE) < 0) die("send an answer");
        if (zmq_msg_send(&body, front, 0) < 0) die("send an answer");
        free_slots[free_count++] = header.slot;
    }
    return taken;
}

static _Noreturn void broker(void *context, char **arguments) {
    char hello[64];
    int one = 1;
    front = make_socket(context, ZMQ_ROUTER);
    back = make_socket(context, ZMQ_ROUTER);
    zmq_setsockopt(back, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    for (uint32_t i = 0; i < slots; i++) free_slots[free_count++] = slots - 1 - i;
    bind_and_print(back, arguments[1]);
    if (zmq_recv(back, hello, sizeof hello, 0) < 0 || zmq_recv(back, hello, sizeof hello, 0) < 0)
        die("wait for the worker");
    bind_and_print(front, arguments[0]);
    zmq_pollitem_t items[] = {{front, 0, ZMQ_POLLIN, 0}, {back, 0, ZMQ_POLLIN, 0}};
    for (;;)
        if (take_answers() + take_requests() == 0) zmq_poll(items, 2, -1);
}

// ---- worker

static _Noreturn void worker(void *context, char **arguments) {
    void *s = make_socket(context, ZMQ_DEALER);
    zmq_setsockopt(s, ZMQ_ROUTING_ID, "w0", 2);
    if (zmq_connect(s, arguments[0])) die("connect");
    zmq_send(s, "R", 1, 0);
    zmq_msg_t m;
    zmq_msg_init(&m);
    for (;;) {
        if (zmq_msg_recv(&m, s, 0) < 0) continue;
        zmq_msg_send(&m, s, 0);
    }
}

// ---- client

static int by_value(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void report(uint64_t *latency, size_t n, double seconds) {
    double p50 = 0, p99 = 0;
    if (n) {
        qsort(latency, n, sizeof *latency, by_value);
        p50 = (double)latency[n / 2] / 1e3;
        p99 = (double)latency[(size_t)((double)n * 0.99)] / 1e3;
    }
    printf("{\"n\": %zu, \"rps\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", n,
           (double)n / seconds, p50, p99);
}

static int client(void *context, char **arguments) {
    int window = atoi(arguments[1]), in_flight = 0, patience = 15000;
    double warm = atof(arguments[2]), seconds = atof(arguments[3]);
    char buffer[sizeof(header_t) + payload_size], *payload = buffer + sizeof(header_t);
    uint64_t *latency = malloc(latencies * sizeof *latency), *sent = calloc(slots, sizeof *sent);
    void *s = make_socket(context, ZMQ_DEALER);
    if (!latency || !sent || window < 1 || window >= slots) return 2;
    if (zmq_connect(s, arguments[0])) die("connect");
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &patience, sizeof patience);
    memset(payload, 'x', payload_size);
    memcpy(payload, "{\"data\": \"", 10);
    memcpy(payload + payload_size - 2, "\"}", 2);
    uint64_t first = now_ns() + (uint64_t)(warm * 1e9), last = first + (uint64_t)(seconds * 1e9);
    uint64_t base = (uint64_t)getpid() << 32, next = 0;
    size_t n = 0;
    zmq_msg_t m;
    zmq_msg_init(&m);
    for (;;) {
        uint64_t t = now_ns();
        while (in_flight < window && t < last) {
            header_t header = {base + next, 0, 0};
            memcpy(buffer, &header, sizeof header);
            sent[next++ % slots] = now_ns();
            if (zmq_send(s, buffer, sizeof buffer, 0) < 0) die("send");
            in_flight++;
        }
        if (!in_flight) break;
        if (zmq_msg_recv(&m, s, 0) < 0) die("no answer");
        t = now_ns();
        in_flight--;
        header_t header;
        if (zmq_msg_size(&m) != sizeof buffer) return 1;
        memcpy(&header, zmq_msg_data(&m), sizeof header);
        if (t >= first && t < last && n < latencies)
            latency[n++] = t - sent[(header.id - base) % slots];
    }
    report(latency, n, seconds);
    return 0;
}

int main(int count, char **arguments) {
    const char *role = count > 1 ? arguments[1] : "";
    void *context = zmq_ctx_new();
    signal(SIGPIPE, SIG_IGN);
    if (!strcmp(role, "broker") && count == 4) broker(context, arguments + 2);
    if (!strcmp(role, "worker") && count == 3) worker(context, arguments + 2);
    if (!strcmp(role, "client") && count == 6) return client(context, arguments + 2);
    fprintf(stderr, "usage: limit broker FRONT BACK | worker BACK | "
                    "client FRONT WINDOW WARM SECONDS\n");
    return 2;
}
