// The physical limit of an orchestrator's patterns: client - broker - worker over ZeroMQ, in C.
// It checks, stores and limits nothing; it does the least any orchestrator of this shape must do:
// take a message of 272 bytes, remember who sent it, pass it to a worker, match the answer, send
// it back. A fan-out goes to the worker five times and its answers are put together; a pipeline
// goes to the worker four times, one after the other.
//
// With a Redis the broker keeps what any durable orchestrator must: the request before it goes to
// the worker, its end before the client is answered, and each stage of a pipeline before the next.
// Each is one SET with an expiry, over hiredis' asynchronous calls; nobody waits for another's.
//
//   limit broker FRONT BACK [REDIS_SOCKET]
//                                prints the endpoint of BACK and, once a worker is there, of FRONT
//   limit worker BACK
//   limit client FRONT WINDOW WARM SECONDS [call | fan-out | pipeline]
//                                prints {"n", "rps", "p50_us", "p99_us"}
//   limit publisher RECEIVERS WARM SECONDS      prints the endpoints of the XPUB and of what counts
//                                the receivers' words, then {"n", "rps"} of single deliveries
//   limit receivers PUBLISHER COUNTER RECEIVERS one SUB each, all on one thread
#include <errno.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { payload_size = 256, batch = 256, slots = 65536, latencies = 8 << 20, identity_size = 16 };
enum { fan = 5, stages = 4, most_receivers = 64, words_apart = 64, ahead = 8, command_head = 128 };

typedef enum { op_call, op_fan_out, op_pipeline } op_t;

typedef struct {
    uint64_t id;    // the client's, for its latency
    uint32_t slot;  // the broker's, to find the client again
    uint32_t op;    // an op_t
} header_t;

typedef struct {
    char client[identity_size];
    size_t client_size;
    int left;       // answers or stages that are still to come
    zmq_msg_t body; // what is passed on next; of a fan-out what was gathered so far
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

static void to_worker(zmq_msg_t *body) {
    if (zmq_send(back, "w0", 2, ZMQ_SNDMORE) < 0) die("send to the worker");
    if (zmq_msg_send(body, back, 0) < 0) die("send to the worker");
}

static void scatter(pending_t *p) {
    zmq_msg_t request;
    zmq_msg_init(&request);
    zmq_msg_move(&request, &p->body);
    p->left = fan;
    zmq_msg_init_size(&p->body, sizeof(header_t) + fan * payload_size);
    memcpy(zmq_msg_data(&p->body), zmq_msg_data(&request), sizeof(header_t));
    for (int i = 0; i < fan; i++) {
        zmq_msg_t copy;
        zmq_msg_init(&copy);
        zmq_msg_copy(&copy, &request);
        to_worker(&copy);
    }
    zmq_msg_close(&request);
}

static void gather(pending_t *p, zmq_msg_t *body) {
    char *place = (char *)zmq_msg_data(&p->body) + sizeof(header_t) + --p->left * payload_size;
    memcpy(place, (char *)zmq_msg_data(body) + sizeof(header_t), payload_size);
    zmq_msg_close(body);
}

static void pass_on(uint32_t slot) {
    pending_t *p = &pending[slot];
    if (((header_t *)zmq_msg_data(&p->body))->op == op_fan_out) {
        scatter(p);
    } else {
        to_worker(&p->body);
    }
}

static void answer(uint32_t slot) {
    pending_t *p = &pending[slot];
    if (zmq_send(front, p->client, p->client_size, ZMQ_SNDMORE) < 0) die("send an answer");
    if (zmq_msg_send(&p->body, front, 0) < 0) die("send an answer");
    free_slots[free_count++] = slot;
}

// ---- what the broker keeps

static redisAsyncContext *redis; // NULL: nothing
static int redis_wants_to_write;
static long unanswered;

static void kept(redisAsyncContext *context, void *reply, void *slot) {
    const redisReply *r = reply;
    if (!r || r->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "limit: Redis: %s\n", r ? r->str : context->errstr);
        exit(1);
    }
    unanswered--;
    uint32_t number = (uint32_t)(uintptr_t)slot;
    if (pending[number].left) {
        pass_on(number);
    } else {
        answer(number);
    }
}

static void keep(uint32_t slot) {
    char command[command_head + fan * payload_size + command_head];
    const char *body = zmq_msg_data(&pending[slot].body);
    size_t size = zmq_msg_size(&pending[slot].body) - sizeof(header_t);
    uint64_t id = ((const header_t *)body)->id;
    int n = snprintf(command, command_head, "*5\r\n$3\r\nSET\r\n$18\r\nr:%016llx\r\n$%zu\r\n",
                     (unsigned long long)id, size);
    memcpy(command + n, body + sizeof(header_t), size);
    n += (int)size;
    n += snprintf(command + n, command_head, "\r\n$2\r\nEX\r\n$4\r\n3600\r\n");
    void *place = (void *)(uintptr_t)slot;
    if (redisAsyncFormattedCommand(redis, kept, place, command, (size_t)n)) die("ask Redis");
    unanswered++;
}

static void start_writing(void *nothing) {
    (void)nothing;
    redis_wants_to_write = 1;
}

static void stop_writing(void *nothing) {
    (void)nothing;
    redis_wants_to_write = 0;
}

static void reach_redis(const char *path) {
    redis = redisAsyncConnectUnix(path);
    if (!redis || redis->err) {
        fprintf(stderr, "limit: Redis: %s\n", redis ? redis->errstr : "no memory");
        exit(1);
    }
    redis->ev.addWrite = start_writing;
    redis->ev.delWrite = stop_writing;
    redis_wants_to_write = 1;
}

// Whatever there is to write at once; what there is to read when some of it is awaited.
static void tend_redis(void) {
    if (redis_wants_to_write) redisAsyncHandleWrite(redis);
    if (unanswered) redisAsyncHandleRead(redis);
}

static int take_requests(void) {
    int taken = 0;
    for (; taken < batch; taken++) {
        zmq_msg_t identity;
        zmq_msg_init(&identity);
        if (zmq_msg_recv(&identity, front, ZMQ_DONTWAIT) < 0) break;
        if (!free_count || zmq_msg_size(&identity) > identity_size) exit(1);
        uint32_t slot = free_slots[--free_count];
        pending_t *p = &pending[slot];
        zmq_msg_init(&p->body);
        if (zmq_msg_recv(&p->body, front, 0) < 0) die("receive a request");
        p->client_size = zmq_msg_size(&identity);
        memcpy(p->client, zmq_msg_data(&identity), p->client_size);
        zmq_msg_close(&identity);
        header_t *header = zmq_msg_data(&p->body);
        header->slot = slot;
        p->left = header->op == op_pipeline ? stages : 1;
        if (redis) {
            keep(slot);
        } else {
            pass_on(slot);
        }
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
        if (header.op == op_fan_out) {
            gather(p, &body);
            if (p->left) continue;
        } else {
            p->left--;
            zmq_msg_move(&p->body, &body);
        }
        if (redis) {
            keep(header.slot);
        } else if (p->left) {
            pass_on(header.slot);
        } else {
            answer(header.slot);
        }
    }
    return taken;
}

static _Noreturn void broker(void *context, char **arguments) {
    char hello[64];
    int one = 1;
    if (arguments[2]) reach_redis(arguments[2]);
    front = make_socket(context, ZMQ_ROUTER);
    back = make_socket(context, ZMQ_ROUTER);
    zmq_setsockopt(back, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    for (uint32_t i = 0; i < slots; i++) free_slots[free_count++] = slots - 1 - i;
    bind_and_print(back, arguments[1]);
    if (zmq_recv(back, hello, sizeof hello, 0) < 0 || zmq_recv(back, hello, sizeof hello, 0) < 0)
        die("wait for the worker");
    bind_and_print(front, arguments[0]);
    zmq_pollitem_t items[] = {
        {front, 0, ZMQ_POLLIN, 0}, {back, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    if (redis) items[2].fd = redis->c.fd;
    for (;;) {
        int is_idle = take_answers() + take_requests() == 0;
        if (redis) tend_redis();
        items[2].events = redis_wants_to_write ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
        if (is_idle) zmq_poll(items, redis ? 3 : 2, -1);
    }
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

static int op_named(const char *name) {
    if (!name || !strcmp(name, "call")) return op_call;
    if (!strcmp(name, "fan-out")) return op_fan_out;
    return strcmp(name, "pipeline") ? -1 : op_pipeline;
}

static int client(void *context, char **arguments) {
    int op = op_named(arguments[4]);
    size_t whole = sizeof(header_t) + (op == op_fan_out ? fan : 1) * payload_size;
    int window = atoi(arguments[1]), in_flight = 0, patience = 15000;
    double warm = atof(arguments[2]), seconds = atof(arguments[3]);
    char buffer[sizeof(header_t) + payload_size], *payload = buffer + sizeof(header_t);
    uint64_t *latency = malloc(latencies * sizeof *latency), *sent = calloc(slots, sizeof *sent);
    void *s = make_socket(context, ZMQ_DEALER);
    if (!latency || !sent || window < 1 || window >= slots || op < 0) return 2;
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
            header_t header = {base + next, 0, (uint32_t)op};
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
        if (zmq_msg_size(&m) != whole) return 1;
        memcpy(&header, zmq_msg_data(&m), sizeof header);
        if (t >= first && t < last && n < latencies)
            latency[n++] = t - sent[(header.id - base) % slots];
    }
    report(latency, n, seconds);
    return 0;
}

// ---- broadcast

// Publishes batches, at most a few of them ahead of what the receivers have said they have.
static int publisher(void *context, char **arguments) {
    int receivers = atoi(arguments[0]), verbose = 1, patience = 15000;
    double warm = atof(arguments[1]), seconds = atof(arguments[2]);
    char payload[payload_size], word[8];
    void *out = make_socket(context, ZMQ_XPUB), *in = make_socket(context, ZMQ_PULL);
    uint64_t sent = 0, heard = 0, counted = 0;
    memset(payload, 'x', sizeof payload);
    zmq_setsockopt(out, ZMQ_XPUB_VERBOSE, &verbose, sizeof verbose);
    zmq_setsockopt(in, ZMQ_RCVTIMEO, &patience, sizeof patience);
    bind_and_print(out, "tcp://127.0.0.1:*");
    bind_and_print(in, "tcp://127.0.0.1:*");
    for (int i = 0; i < receivers; i++)
        if (zmq_recv(out, word, sizeof word, 0) < 0) die("wait for a receiver");
    uint64_t first = now_ns() + (uint64_t)(warm * 1e9), last = first + (uint64_t)(seconds * 1e9);
    for (uint64_t t = 0; t < last;) {
        for (; sent * (uint64_t)receivers < heard + ahead * (uint64_t)receivers; sent++)
            for (int i = 0; i < words_apart; i++)
                if (zmq_send(out, payload, sizeof payload, 0) < 0) die("publish");
        if (zmq_recv(in, word, sizeof word, 0) < 0) die("no receiver answers");
        heard++;
        t = now_ns();
        if (t >= first && t < last) counted += words_apart;
    }
    printf("{\"n\": %llu, \"rps\": %.1f}\n", (unsigned long long)counted,
           (double)counted / seconds);
    return 0;
}

static _Noreturn void receivers(void *context, char **arguments) {
    int count = atoi(arguments[2]), received[most_receivers] = {0};
    void *out = make_socket(context, ZMQ_PUSH);
    zmq_pollitem_t items[most_receivers];
    if (count < 1 || count > most_receivers) exit(2);
    if (zmq_connect(out, arguments[1])) die("connect");
    for (int i = 0; i < count; i++) {
        void *s = make_socket(context, ZMQ_SUB);
        zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0);
        if (zmq_connect(s, arguments[0])) die("connect");
        items[i] = (zmq_pollitem_t){s, 0, ZMQ_POLLIN, 0};
    }
    zmq_msg_t m;
    zmq_msg_init(&m);
    for (;;) {
        zmq_poll(items, count, -1);
        for (int i = 0; i < count; i++) {
            if (!(items[i].revents & ZMQ_POLLIN)) continue;
            for (int n = 0; n < batch && zmq_msg_recv(&m, items[i].socket, ZMQ_DONTWAIT) >= 0; n++)
                if (++received[i] % words_apart == 0) zmq_send(out, "A", 1, 0);
        }
    }
}

int main(int count, char **arguments) {
    const char *role = count > 1 ? arguments[1] : "";
    void *context = zmq_ctx_new();
    signal(SIGPIPE, SIG_IGN);
    if (!strcmp(role, "broker") && (count == 4 || count == 5)) broker(context, arguments + 2);
    if (!strcmp(role, "worker") && count == 3) worker(context, arguments + 2);
    if (!strcmp(role, "client") && (count == 6 || count == 7))
        return client(context, arguments + 2);
    if (!strcmp(role, "publisher") && count == 5) return publisher(context, arguments + 2);
    if (!strcmp(role, "receivers") && count == 5) receivers(context, arguments + 2);
    fprintf(stderr, "usage: limit broker FRONT BACK [REDIS_SOCKET] | worker BACK | "
                    "client FRONT WINDOW WARM SECONDS [call | fan-out | pipeline] | "
                    "publisher RECEIVERS WARM SECONDS | receivers PUBLISHER COUNTER RECEIVERS\n");
    return 2;
}
