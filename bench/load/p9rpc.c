/* Blocking calls of 9P2000, one at a time, for what is not measured. */
#define _GNU_SOURCE
#include "p9load.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
dial(void)
{
	int fd, one = 1;

	if (strncmp(opt.addr, "unix:", 5) == 0) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };

		snprintf(un.sun_path, sizeof un.sun_path, "%s", opt.addr + 5);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof un) < 0)
			die(1, "%s: %s", opt.addr, strerror(errno));
		return fd;
	}
	static struct addrinfo *ai;
	if (ai == NULL) {
		struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
		char host[256];
		const char *colon = strrchr(opt.addr, ':');

		if (colon == NULL)
			die(2, "--addr wants HOST:PORT");
		snprintf(host, sizeof host, "%.*s", (int)(colon - opt.addr), opt.addr);
		if (getaddrinfo(host, colon + 1, &hints, &ai) != 0)
			die(1, "%s: no such address", opt.addr);
	}
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) < 0)
		die(1, "%s: %s", opt.addr, strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

/* One request and its reply, blocking; only for setting up.  False on Rerror. */
static int
rpc(Conn *c, int type, int tag, const uint8_t *body, size_t n)
{
	uint8_t hdr[7];
	size_t got, size;

	put(put(put(hdr, 4, 7 + n), 1, (uint64_t)type), 2, (uint64_t)tag);
	if (write(c->fd, hdr, 7) != 7 || (n && write(c->fd, body, n) != (ssize_t)n))
		die(1, "write: %s", strerror(errno));
	for (got = 0, size = 7; got < size; ) {
		ssize_t r = read(c->fd, c->in + got, size - got);

		if (r <= 0)
			die(1, "connection lost while waiting for the reply to type %d", type);
		got += (size_t)r;
		if (got == 7)
			size = get(c->in, 4);
		if (size < 7 || size > c->incap)
			die(1, "reply of %zu bytes", size);
	}
	if (c->in[4] == Rerror || c->in[4] == Rlerror)
		return 0;
	if (c->in[4] != type + 1 || get(c->in + 5, 2) != (uint64_t)tag)
		die(1, "type %d answered with type %d", type, c->in[4]);
	return 1;
}

static void
rpcfail(Conn *c, const char *what)
{
	if (c->in[4] == Rlerror)
		die(1, "%s: errno %d", what, (int)get(c->in + 7, 4));
	die(1, "%s: %.*s", what, (int)get(c->in + 7, 2), (char *)c->in + 9);
}

void
handshake(Conn *c)
{
	uint8_t b[512], *p;

	c->fd = dial();
	c->incap = (size_t)opt.msize * 4;
	c->outcap = 4096;
	c->in = alloc(c->incap, 1);
	c->out = alloc(c->outcap, 1);
	c->nextfid = ROOTFID + 1;
	p = putstr(put(b, 4, (uint64_t)opt.msize), opt.dialect);
	if (!rpc(c, Tversion, NOTAG, b, (size_t)(p - b)))
		rpcfail(c, "Tversion");
	if (get(c->in + 11, 2) != strlen(opt.dialect) || memcmp(c->in + 13, opt.dialect, strlen(opt.dialect)))
		die(1, "server does not speak %s", opt.dialect);
	if ((int)get(c->in + 7, 4) < opt.size + 24)
		die(1, "server's msize %d is too small for --size %d", (int)get(c->in + 7, 4), opt.size);
	p = putstr(putstr(put(put(b, 4, ROOTFID), 4, NOFID), opt.uname), opt.aname);
	if (strcmp(opt.dialect, "9P2000.L") == 0)
		p = put(p, 4, getuid());
	if (!rpc(c, Tattach, 0, b, (size_t)(p - b)))
		rpcfail(c, "Tattach");
}

uint32_t
walk(Conn *c, const char *name)
{
	uint8_t b[512], *p = put(put(b, 4, ROOTFID), 4, c->nextfid);

	p = name ? putstr(put(p, 2, 1), name) : put(p, 2, 0);
	if (!rpc(c, Twalk, 0, b, (size_t)(p - b)))
		rpcfail(c, name ? name : "clone");
	return c->nextfid++;
}

uint32_t
openfile(Conn *c, const char *name, int mode)
{
	uint8_t b[8], *p;
	uint32_t fid = walk(c, name);
	int dotl = strcmp(opt.dialect, "9P2000.L") == 0;

	p = put(put(b, 4, fid), dotl ? 4 : 1, (uint64_t)mode);
	if (!rpc(c, dotl ? Tlopen : Topen, 0, b, (size_t)(p - b)))
		rpcfail(c, name);
	return fid;
}

void
fidonly(Conn *c, int type, uint32_t fid, const char *what)
{
	uint8_t b[4];

	put(b, 4, fid);
	if (!rpc(c, type, 0, b, 4))
		rpcfail(c, what);
}

void
makechannel(Conn *c, const char *name)
{
	uint8_t b[512], *p;
	char line[512];
	uint32_t fid = walk(c, NULL);

	p = put(put(putstr(put(b, 4, fid), name), 4, 0666), 1, OREAD);
	if (!rpc(c, Tcreate, 0, b, (size_t)(p - b)))
		rpcfail(c, "Tcreate");
	fidonly(c, Tclunk, fid, "Tclunk");
	if (strcmp(opt.mode, "buffered") == 0) {
		fid = openfile(c, opt.ctl, OWRITE);
		snprintf(line, sizeof line, "/%s %d\n", name, opt.buffer);
		p = put(put(put(b, 4, fid), 8, 0), 4, strlen(line));
		memcpy(p, line, strlen(line));
		if (!rpc(c, Twrite, 0, b, (size_t)(p - b) + strlen(line)))
			rpcfail(c, "write of ctl");
		fidonly(c, Tclunk, fid, "Tclunk");
	}
}
