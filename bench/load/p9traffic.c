/*
 * The measured loop: one epoll loop keeps every endpoint's requests outstanding,
 * and checks each message that comes out for its writer and its number.
 */
#define _GNU_SOURCE
#include "p9load.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

int measuring, stopping;
Tally tally;
static int epfd;
static uint64_t now;			/* at the last read from a socket */

/* ---- requests ---- */

static uint8_t *
reserve(Conn *c, size_t n)
{
	uint8_t *p;

	if (c->outlen + n > c->outcap) {
		while (c->outlen + n > c->outcap)
			c->outcap *= 2;
		c->out = realloc(c->out, c->outcap);
		if (c->out == NULL)
			die(1, "out of memory");
	}
	p = c->out + c->outlen;
	c->outlen += n;
	return p;
}

static uint16_t
taketag(Ep *ep)
{
	Conn *c = ep->conn;
	uint16_t tag;

	if (c->nfree == 0)
		die(1, "more than %d requests unanswered on one connection", c->ntags);
	tag = c->freetag[--c->nfree];
	c->pending[tag] = (Pending){ ep, now };
	return tag;
}

static void
sendread(Ep *ep)
{
	uint8_t *p = reserve(ep->conn, TWRITEHDR);

	p = put(put(put(p, 4, TWRITEHDR), 1, Tread), 2, taketag(ep));
	p = put(put(p, 4, ep->fid), 8, ep->offset);
	put(p, 4, (uint64_t)opt.size);
}

/* A message of our own when body is null, else body again (a pong). */
static void
sendwrite(Ep *ep, const uint8_t *body)
{
	size_t n = (size_t)opt.size;
	uint8_t *p = reserve(ep->conn, TWRITEHDR + n);

	p = put(put(put(p, 4, TWRITEHDR + n), 1, Twrite), 2, taketag(ep));
	p = put(put(put(p, 4, ep->fid), 8, ep->offset), 4, n);
	if (ep->kind != FILEWRITE)
		ep->offset += n;
	if (body != NULL) {
		memcpy(p, body, n);
		return;
	}
	memset(put(put(put(p, 8, (uint64_t)ep->id), 8, ep->seq), 8, now), 'x', n - HEADER);
	tally.sumsent += ep->seq++;
	tally.sent++;
}

static int
maywrite(const Ep *ep)
{
	return !stopping && (opt.count == 0 || ep->seq < opt.count);
}

/* ---- replies ---- */

static void
check(Ep *ep, const uint8_t *d)
{
	uint64_t from = get(d, 8), seq = get(d + 8, 8);

	if (from >= (uint64_t)opt.pairs || (opt.channels[0] == 'p' && from != (uint64_t)ep->id)) {
		tally.bad++;
		return;
	}
	/* alone on its channel a reader misses nothing; else it may, but never goes back */
	if (seq < ep->last[from] || (opt.channels[0] == 'p' && seq != ep->last[from]))
		tally.outoforder++;
	ep->last[from] = seq + 1;
	tally.sumgot += seq;
}

static void
gotread(Ep *ep, const uint8_t *d, size_t n, uint64_t sent)
{
	tally.reads++;
	ep->offset += ep->kind == FILEREAD ? 0 : n;
	if (measuring)
		record(&tally.read, now - sent);
	if (n != (size_t)opt.size)
		tally.bad++;
	else if (!opt.echo && (ep->kind == READER || ep->kind == PINGREAD)) {
		check(ep, d);
		tally.got++;
		if (measuring)
			record(ep->kind == READER ? &tally.e2e : &tally.rtt, now - get(d + 16, 8));
	}
	if (ep->kind == PINGREAD) {
		tally.pings++;
		if (maywrite(ep->peer))
			sendwrite(ep->peer, NULL);
	} else if (ep->kind == PONGREAD && n == (size_t)opt.size)
		sendwrite(ep->peer, d);
	if (!(stopping && (opt.echo || ep->kind == FILEREAD)))
		sendread(ep);
}

static void
gotwrite(Ep *ep, uint64_t n, uint64_t sent)
{
	tally.writes++;
	if (measuring)
		record(&tally.write, now - sent);
	if (n != (uint64_t)opt.size)
		tally.bad++;
	if ((ep->kind == WRITER || ep->kind == FILEWRITE) && maywrite(ep))
		sendwrite(ep, NULL);
}

static void
reply(Conn *c, const uint8_t *m, size_t size)
{
	uint16_t tag = (uint16_t)get(m + 5, 2);
	Pending p;

	if (tag >= c->ntags || c->pending[tag].ep == NULL)
		die(1, "reply of type %d with tag %d, which nobody waits for", m[4], tag);
	p = c->pending[tag];
	c->pending[tag].ep = NULL;
	c->freetag[c->nfree++] = tag;
	if (m[4] == Rread && size >= 11 && get(m + 7, 4) == size - 11)
		gotread(p.ep, m + 11, size - 11, p.sent);
	else if (m[4] == Rwrite && size == 11)
		gotwrite(p.ep, get(m + 7, 4), p.sent);
	else if (m[4] == Rerror)
		die(1, "Rerror: %.*s", (int)get(m + 7, 2), (const char *)m + 9);
	else
		die(1, "reply of type %d and %zu bytes to a read or write", m[4], size);
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
	ssize_t n = read(c->fd, c->in + c->inlen, c->incap - c->inlen);
	size_t off = 0, size;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die(1, "connection lost: %s", n < 0 ? strerror(errno) : "end of file");
	now = nanos();
	c->inlen += (size_t)n;
	while (c->inlen - off >= 7 && c->inlen - off >= (size = get(c->in + off, 4))) {
		if (size < 7)
			die(1, "reply of %zu bytes", size);
		reply(c, c->in + off, size);
		off += size;
	}
	c->inlen -= off;
	memmove(c->in, c->in + off, c->inlen);
}

void
start(void)
{
	int i, j;

	epfd = epoll_create1(0);
	now = nanos();
	for (i = 0; i < nconns; i++) {
		struct epoll_event ev = { EPOLLIN, { .ptr = &conns[i] } };

		fcntl(conns[i].fd, F_SETFL, O_NONBLOCK);
		epoll_ctl(epfd, EPOLL_CTL_ADD, conns[i].fd, &ev);
	}
	for (i = 0; i < neps; i++) {
		Kind k = eps[i].kind;

		for (j = 0; j < opt.depth; j++) {
			if (k == READER || k == PINGREAD || k == PONGREAD || k == FILEREAD)
				sendread(&eps[i]);
			else if (k != PONGWRITE && maywrite(&eps[i]))
				sendwrite(&eps[i], NULL);
		}
	}
	for (i = 0; i < nconns; i++)
		flush(&conns[i]);
}

/* Runs until the deadline, or until every message sent has come back out. */
void
run(uint64_t deadline, int drain)
{
	struct epoll_event ev[256];
	int i, n;

	while (nanos() < deadline) {
		if (drain && tally.got == tally.sent && tally.writes >= tally.sent)
			return;
		n = epoll_wait(epfd, ev, 256, opt.spin ? 0 : 10);
		for (i = 0; i < n; i++) {
			if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				readable(ev[i].data.ptr);
			flush(ev[i].data.ptr);
		}
	}
}
