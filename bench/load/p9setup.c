/* The channels, the connections and their endpoints, and the idle crowd beside them. */
#define _GNU_SOURCE
#include "p9load.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

Conn *conns;
Ep *eps;
int nconns, neps;

static Ep *
addep(Kind kind, int id, int conn, const char *file, int mode)
{
	Ep *ep = &eps[neps++];

	ep->kind = kind;
	ep->id = id;
	ep->conn = &conns[conn % nconns];
	ep->fid = openfile(ep->conn, file, mode);
	ep->last = alloc((size_t)opt.pairs, sizeof *ep->last);
	ep->conn->load += opt.depth;
	return ep;
}

static void
channame(char *buf, size_t n, int pair, const char *suffix)
{
	snprintf(buf, n, "%s.%d%s", opt.name, opt.channels[0] == 'o' ? 0 : pair, suffix);
}

void
setup(Conn *admin)
{
	int filemode = strcmp(opt.mode, "read") == 0 || strcmp(opt.mode, "write") == 0;
	int ping = strcmp(opt.mode, "ping") == 0, i;
	char name[256];

	nconns = opt.mux ? opt.mux : filemode ? opt.pairs : 2 * opt.pairs;
	conns = alloc((size_t)nconns, sizeof *conns);
	eps = alloc((size_t)opt.pairs * 4, sizeof *eps);
	for (i = 0; i < nconns; i++)
		handshake(&conns[i]);
	for (i = 0; i < opt.pairs; i++) {
		if (filemode) {
			if (opt.mode[0] == 'r')
				addep(FILEREAD, i, i, opt.file, OREAD);
			else
				addep(FILEWRITE, i, i, opt.file, OWRITE);
		} else if (ping) {
			Ep *a, *b;

			channame(name, sizeof name, i, "a");
			makechannel(admin, name);
			a = addep(PINGWRITE, i, 2 * i, name, OWRITE);
			b = addep(PONGREAD, i, 2 * i + 1, name, OREAD);
			channame(name, sizeof name, i, "b");
			makechannel(admin, name);
			a->peer = addep(PINGREAD, i, 2 * i, name, OREAD);
			b->peer = addep(PONGWRITE, i, 2 * i + 1, name, OWRITE);
			a->peer->peer = a;
			b->peer->peer = b;
		} else {
			channame(name, sizeof name, i, "");
			if (i == 0 || opt.channels[0] == 'p')
				makechannel(admin, name);
			addep(WRITER, i, 2 * i, name, OWRITE);
			addep(READER, i, 2 * i + 1, name, OREAD);
		}
	}
	for (i = 0; i < nconns; i++) {
		Conn *c = &conns[i];

		/* a pong's Rwrite may come after the next ping: leave room */
		c->ntags = c->load * 4 + 16 < NOTAG ? c->load * 4 + 16 : NOTAG;
		c->pending = alloc((size_t)c->ntags, sizeof *c->pending);
		c->freetag = alloc((size_t)c->ntags, sizeof *c->freetag);
		while (c->nfree < c->ntags) {
			c->freetag[c->nfree] = (uint16_t)(c->ntags - 1 - c->nfree);
			c->nfree++;
		}
	}
}

Conn *
addidle(Conn *admin)
{
	Conn *idle = alloc((size_t)opt.idle, sizeof *idle);
	char name[256];
	int i, j;

	snprintf(name, sizeof name, "%s.idle", opt.name);
	if (opt.idlereads > 0)
		makechannel(admin, name);
	for (i = 0; i < opt.idle; i++) {
		uint32_t fid;

		handshake(&idle[i]);
		if (opt.idlereads == 0)
			continue;
		fid = openfile(&idle[i], name, OREAD);
		for (j = 0; j < opt.idlereads; j++) {
			uint8_t m[TWRITEHDR];

			put(put(put(put(put(put(m, 4, sizeof m), 1, Tread), 2, (uint64_t)j), 4, fid), 8, 0),
			    4, (uint64_t)opt.size);
			if (write(idle[i].fd, m, sizeof m) != sizeof m)
				die(1, "idle connection %d: %s", i, strerror(errno));
		}
	}
	return idle;
}

void
removechannels(Conn *admin)
{
	int ping = strcmp(opt.mode, "ping") == 0, i;
	char name[256];

	for (i = 0; i < (opt.channels[0] == 'o' ? 1 : opt.pairs); i++) {
		channame(name, sizeof name, i, ping ? "a" : "");
		fidonly(admin, Tremove, walk(admin, name), "Tremove");
		if (ping) {
			channame(name, sizeof name, i, "b");
			fidonly(admin, Tremove, walk(admin, name), "Tremove");
		}
	}
	if (opt.idle > 0 && opt.idlereads > 0) {
		snprintf(name, sizeof name, "%s.idle", opt.name);
		fidonly(admin, Tremove, walk(admin, name), "Tremove");
	}
}
