// listener: hears everything that an orchestrator's tap publishes, counts it, and finds its losses
// twice: by the gaps in the numbers, and by the tallies. See proto/tap.md.
//
// usage: listener ADDRESS
// Prints one JSON object when the first tally is there; for each line on its standard input one
// with what it has counted so far; and leaves when that ends.
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { mark_size = 24, most_behind = 20000, text_size = 1 << 16, batch = 256 };

static void *tap;
static uint64_t events, bytes, first, last, gaps, lost, tallies;
// What the latest tally says: the number of the latest event, and how many were published to us.
static uint64_t tally_number, tally_published;
// What was counted when it came: it was published after all that it counts.
static uint64_t at_tally;

static void die(const char *what) {
    fprintf(stderr, "listener: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static uint64_t big_endian(const unsigned char *at) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) number = number << 8 | at[i];
    return number;
}

static void count(const unsigned char *mark) {
    uint64_t number = big_endian(mark);
    if (!events++) {
        first = number;
    } else if (number > last + 1) {
        gaps++;
        lost += number - last - 1;
    }
    last = number;
}

// The number behind a key of a JSON text, from a place on; 0 when it is not there.
static uint64_t field(const char *text, const char *key) {
    const char *at = text ? strstr(text, key) : NULL;
    return at ? strtoull(at + strlen(key) + strspn(at + strlen(key), " :"), NULL, 10) : 0;
}

static void tally(const zmq_msg_t *content) {
    static char text[text_size];
    size_t size = zmq_msg_size(content);
    if (size >= sizeof text) return;
    memcpy(text, zmq_msg_data((zmq_msg_t *)content), size);
    text[size] = 0;
    tally_number = field(text, "\"number\"");
    tally_published = field(strstr(text, "\"e/\""), "\"published\"");
    at_tally = events;
    tallies++;
}

// Takes one message with all its frames; 0 when there is none.
static int take(void) {
    zmq_msg_t frame;
    unsigned char kind = 0;
    int more = 1, size = (zmq_msg_init(&frame), zmq_msg_recv(&frame, tap, ZMQ_DONTWAIT));
    if (size < 0) return 0;
    for (int i = 0; ; i++) {
        if (i == 0 && size > 0) kind = *(unsigned char *)zmq_msg_data(&frame);
        if (i == 1 && kind == 'e' && size == mark_size) count(zmq_msg_data(&frame));
        bytes += (uint64_t)size;
        more = zmq_msg_more(&frame);
        if (!more && kind == 'n') tally(&frame);
        if (!more) break;
        if ((size = zmq_msg_recv(&frame, tap, 0)) < 0) die("receive");
    }
    zmq_msg_close(&frame);
    return 1;
}

static void report(void) {
    printf("{\"events\": %llu, \"bytes\": %llu, \"first\": %llu, \"last\": %llu, \"gaps\": %llu, "
           "\"lost\": %llu, \"tallies\": %llu, \"tally_number\": %llu, \"tally_published\": %llu, "
           "\"at_tally\": %llu}\n",
        (unsigned long long)events, (unsigned long long)bytes, (unsigned long long)first,
        (unsigned long long)last, (unsigned long long)gaps, (unsigned long long)lost,
        (unsigned long long)tallies, (unsigned long long)tally_number,
        (unsigned long long)tally_published, (unsigned long long)at_tally);
    fflush(stdout);
}

static void answer_input(void) {
    char text[256];
    if (read(0, text, sizeof text) <= 0) exit(0);
    report();
}

int main(int arguments, char **argument) {
    if (arguments != 2) {
        fprintf(stderr, "usage: listener ADDRESS\n");
        return 2;
    }
    int behind = most_behind, told = 0;
    tap = zmq_socket(zmq_ctx_new(), ZMQ_SUB);
    if (!tap) die("socket");
    zmq_setsockopt(tap, ZMQ_RCVHWM, &behind, sizeof behind);
    zmq_setsockopt(tap, ZMQ_SUBSCRIBE, "e/", 2);
    zmq_setsockopt(tap, ZMQ_SUBSCRIBE, "n/", 2);
    if (zmq_connect(tap, argument[1])) die("connect");
    zmq_pollitem_t items[] = {{tap, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        if (zmq_poll(items, 2, -1) < 0) die("wait");
        for (int i = 0; i < batch && take(); i++) continue;
        if (items[1].revents) answer_input();
        if (tallies && !told++) report();
    }
}
