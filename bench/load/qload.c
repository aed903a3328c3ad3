/*
 * qload - closed-loop load for Redis lists and NATS subjects, measured as p9load
 * measures channels: each message carries its number and its send time, so that
 * a run also checks that none was lost, came twice or out of order.
 *
 * build: cc -O2 -Wall -Wextra -o qload load.c q*.c
 */
#define _GNU_SOURCE
#include "qload.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

const char *progname = "qload";

static const char usage_text[] =
"usage: qload redis|nats|jetstream PORT PAIRS DEPTH SIZE SECONDS WARMUP CAP PID\n"
"\n"
"Each of PAIRS writers keeps at most DEPTH messages of SIZE bytes unacknowledged\n"
"and at most CAP not yet received. PID is the server's, for its CPU. Prints one\n"
"JSON object. Exit status: 0 all is well, 1 the server misbehaved, 2 bad usage.\n";

enum { BUF = 1 << 22 };

Pair *pairs;
int npairs, port, depth, size, cap;
char *payload;
static const Protocol *protocol;
static int epfd, measuring, stopping;
static uint64_t now, nsent, ngot, nbad;	/* now: at the last read from a socket */
static Hist he2e;

void
dial(Conn *c, Pair *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a) < 0)
		die(1, "port %d: %s", port, strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->in = alloc(BUF, 1);
	c->out = alloc(BUF, 1);
	c->pair = p;
}

void
queue(Conn *c, const char *s, size_t n)
{
	if (c->outlen + n > BUF)
		die(1, "more than %d bytes wait to be sent", BUF);
	memcpy(c->out + c->outlen, s, n);
	c->outlen += n;
}

static void
vqueuef(Conn *c, const char *fmt, va_list ap)
{
	char line[2048];
	int n = vsnprintf(line, sizeof line, fmt, ap);

	if (n < 0 || n >= (int)sizeof line)
		die(1, "request too long");
	queue(c, line, (size_t)n);
}

void
queuef(Conn *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vqueuef(c, fmt, ap);
	va_end(ap);
}

/* Sends one request and reads, blocking, until the answer holds `until`. */
void
converse(Conn *c, const char *until, const char *fmt, ...)
{
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	vqueuef(c, fmt, ap);
	va_end(ap);
	if (write(c->fd, c->out, c->outlen) != (ssize_t)c->outlen)
		die(1, "write: %s", strerror(errno));
	c->outlen = c->inlen = 0;
	do {
		n = read(c->fd, c->in + c->inlen, BUF - 1 - c->inlen);
		if (n <= 0)
			die(1, "connection lost while waiting for %s", until);
		c->inlen += (size_t)n;
		c->in[c->inlen] = 0;
	} while (strstr(c->in, until) == NULL);
	c->inlen = 0;
}

static void
more(Pair *p)
{
	while (!stopping && p->sent - p->got < (uint64_t)cap &&
	    (!protocol->acks || p->sent - p->acked < (uint64_t)depth)) {
		memcpy(payload, &p->sent, 8);
		memcpy(payload + 8, &now, 8);
		protocol->send(p);
		p->sent++;
		nsent++;
	}
}

void
got(Pair *p, const char *data, size_t n)
{
	uint64_t seq, sent;

	if (n != (size_t)size) {
		nbad++;
		return;
	}
	memcpy(&seq, data, 8);
	memcpy(&sent, data + 8, 8);
	if (seq != p->got)
		nbad++;
	p->got = seq + 1;
	ngot++;
	if (measuring)
		record(&he2e, now - sent);
	more(p);
}

void
acked(Pair *p)
{
	p->acked++;
	more(p);
}

static void
flush(Conn *c)
{
	size_t off = 0;
	int wantout;

	while (off < c->outlen) {
		ssize_t n = write(c->fd, c->out + off, c->outlen - off);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			die(1, "write: %s", strerror(errno));
		off += (size_t)n;
	}
	c->outlen -= off;
	memmove(c->out, c->out + off, c->outlen);
	wantout = c->outlen > 0;
	if (wantout != c->watchout) {
		struct epoll_event ev = { EPOLLIN | (wantout ? EPOLLOUT : 0), { .ptr = c } };

		epoll_ctl(epfd, EPOLL_CTL_MOD, c->fd, &ev);
		c->watchout = wantout;
	}
}

static void
readable(Conn *c)
{
	ssize_t n = read(c->fd, c->in + c->inlen, BUF - c->inlen);
	size_t off = 0, len;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die(1, "connection lost: %s", n < 0 ? strerror(errno) : "end of file");
	now = nanos();
	c->inlen += (size_t)n;
	while (off < c->inlen && (len = protocol->parse(c, c->in + off, c->in + c->inlen)) > 0)
		off += len;
	c->inlen -= off;
	memmove(c->in, c->in + off, c->inlen);
	flush(&c->pair->writer);
	flush(&c->pair->reader);
}

/* Runs until the deadline, or until every message sent has come back out. */
static void
run(double seconds, int drain)
{
	uint64_t deadline = nanos() + (uint64_t)(seconds * 1e9);
	struct epoll_event ev[256];
	int i, n;

	while (nanos() < deadline && !(drain && nsent == ngot)) {
		n = epoll_wait(epfd, ev, 256, 10);
		for (i = 0; i < n; i++) {
			if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				readable(ev[i].data.ptr);
			flush(ev[i].data.ptr);
		}
	}
}

static void
start(void)
{
	int i, end;

	epfd = epoll_create1(0);
	now = nanos();
	for (i = 0; i < npairs; i++) {
		for (end = 0; end < 2; end++) {
			Conn *c = end ? &pairs[i].reader : &pairs[i].writer;
			struct epoll_event ev = { EPOLLIN, { .ptr = c } };

			fcntl(c->fd, F_SETFL, O_NONBLOCK);
			epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev);
		}
		protocol->begin(&pairs[i]);
		flush(&pairs[i].reader);
		more(&pairs[i]);
		flush(&pairs[i].writer);
	}
}

int
main(int argc, char **argv)
{
	const Protocol *all[] = { &redis, &nats, &jetstream };
	double seconds, warmup, own, server, secs;
	uint64_t t0, n0, messages;
	int i, pid, ok;

	for (i = 0; argc > 1 && i < 3; i++)
		if (strcmp(argv[1], all[i]->name) == 0)
			protocol = all[i];
	if (argc != 10 || protocol == NULL) {
		fputs(usage_text, stderr);
		return 2;
	}
	port = atoi(argv[2]), npairs = atoi(argv[3]), depth = atoi(argv[4]), size = atoi(argv[5]);
	seconds = atof(argv[6]), warmup = atof(argv[7]), cap = atoi(argv[8]), pid = atoi(argv[9]);
	if (npairs < 1 || depth < 1 || cap < 1 || size < HEADER || seconds <= 0)
		die(2, "bad number");
	payload = alloc((size_t)size, 1);
	memset(payload, 'x', (size_t)size);
	pairs = alloc((size_t)npairs, sizeof *pairs);
	for (i = 0; i < npairs; i++) {
		pairs[i].id = i;
		dial(&pairs[i].writer, &pairs[i]);
		dial(&pairs[i].reader, &pairs[i]);
	}
	protocol->prepare();
	start();
	run(warmup, 0);
	n0 = ngot, own = ownseconds(), server = cpuseconds(pid), t0 = nanos();
	measuring = 1;
	run(seconds, 0);
	measuring = 0;
	messages = ngot - n0, own = ownseconds() - own, server = cpuseconds(pid) - server;
	secs = (double)(nanos() - t0) / 1e9;
	stopping = 1;
	run(5, 1);
	ok = nsent == ngot && nbad == 0;
	printf("{\"mode\":\"%s\",\"pairs\":%d,\"depth\":%d,\"size\":%d,\"cap\":%d,",
	    protocol->name, npairs, depth, size, cap);
	printf("\"msg_per_s\":%.0f,\"load_cpu\":%.2f,\"server_cpu\":%.2f,\"server_us_per_msg\":%.3f,",
	    (double)messages / secs, own / secs, server / secs,
	    messages ? server * 1e6 / (double)messages : 0);
	printf("\"e2e_us\":{\"n\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f},",
	    (unsigned long long)he2e.n, quantile_us(&he2e, .5), quantile_us(&he2e, .99),
	    quantile_us(&he2e, .999));
	printf("\"sent\":%llu,\"received\":%llu,\"bad\":%llu,\"ok\":%s}\n", (unsigned long long)nsent,
	    (unsigned long long)ngot, (unsigned long long)nbad, ok ? "true" : "false");
	return ok ? 0 : 1;
}
