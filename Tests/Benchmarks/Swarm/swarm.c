// swarm: many workers in one process, as a foreign client would write them: it says HELLO for each
// of them, waits for every WELCOME, and then answers PING with PONG for as long as it is asked to
// stay.
//
// usage: swarm ADDRESS WORKERS AGENTS_PER_WORKER SECONDS
// Prints one JSON object when all are registered, and another when it leaves.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { HELLO = 20, BYE = 31, PONG = 29, WELCOME = 40, PING = 44 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
    fprintf(stderr, "swarm: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

// Field 1 (version) is 1, field 2 (type) follows: four bytes are a whole envelope.
static void say(void *socket, char type, const char *content) {
    const char envelope[] = {8, 1, 16, type};
    if (zmq_send(socket, envelope, sizeof envelope, ZMQ_SNDMORE) < 0) die("send");
    if (zmq_send(socket, content, strlen(content), 0) < 0) die("send");
}

static void hello(void *socket, int worker, int agents) {
    char *text = malloc(4096 + (size_t)agents * 256);
    if (!text) die("memory");
    int n = sprintf(text,
        "{\"role\":\"worker\",\"session\":\"swarm-%d-%d\",\"capacity\":8,\"agents\":[",
        (int)getpid(), worker);
    for (int agent = 0; agent < agents; agent++)
        n += sprintf(text + n,
            "%s{\"name\":\"agent-%d-%d\",\"version\":\"1.0.0\","
            "\"description\":\"One of many agents of a swarm\","
            "\"capabilities\":[\"count\"],\"effect\":\"pure\"}",
            agent ? "," : "", worker, agent);
    sprintf(text + n, "]}");
    say(socket, HELLO, text);
    free(text);
}

// The type of a message: the last field 2 at the beginning of its envelope is enough here.
static int receive(void *socket) {
    unsigned char envelope[4096], content[1 << 17];
    int size = zmq_recv(socket, envelope, sizeof envelope, ZMQ_DONTWAIT);
    if (size < 0) return -1;
    if (zmq_recv(socket, content, sizeof content, 0) < 0) die("receive");
    return size >= 4 ? envelope[3] : 0;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: swarm ADDRESS WORKERS AGENTS_PER_WORKER SECONDS\n");
        return 2;
    }
    int workers = atoi(argv[2]), agents = atoi(argv[3]);
    double seconds = atof(argv[4]), start = now();
    void *context = zmq_ctx_new();
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, workers + 16);
    void **sockets = calloc((size_t)workers, sizeof *sockets);
    zmq_pollitem_t *items = calloc((size_t)workers, sizeof *items);
    char *up = calloc((size_t)workers, 1);
    for (int i = 0; i < workers; i++) {
        char name[64];
        int length = sprintf(name, "swarm.%d", i), zero = 0;
        sockets[i] = zmq_socket(context, ZMQ_DEALER);
        if (!sockets[i]) die("socket");
        zmq_setsockopt(sockets[i], ZMQ_ROUTING_ID, name, (size_t)length);
        zmq_setsockopt(sockets[i], ZMQ_LINGER, &zero, sizeof zero);
        if (zmq_connect(sockets[i], argv[1])) die("connect");
        hello(sockets[i], i, agents);
        items[i] = (zmq_pollitem_t){sockets[i], 0, ZMQ_POLLIN, 0};
    }
    int registered = 0;
    long pings = 0;
    double ready = 0, end = start + 60;
    while (now() < end) {
        zmq_poll(items, workers, 100);
        for (int i = 0; i < workers; i++) {
            int type;
            while (items[i].revents && (type = receive(sockets[i])) >= 0) {
                if (type == PING) say(sockets[i], PONG, ""), pings++;
                if (type == WELCOME && !up[i]) up[i] = 1, registered++;
            }
        }
        if (registered == workers && !ready) {
            ready = now() - start;
            end = now() + seconds;
            printf("{\"registered\": %d, \"agents\": %d, \"seconds\": %.3f}\n", registered,
                workers * agents, ready);
            fflush(stdout);
        }
    }
    printf("{\"left\": true, \"registered\": %d, \"pings\": %ld}\n", registered, pings);
    for (int i = 0; i < workers; i++) {
        say(sockets[i], BYE, "");
        zmq_close(sockets[i]);
    }
    zmq_ctx_term(context);
    return registered == workers ? 0 : 1;
}
