/*
 * p9load's parts: p9load.c reads the command line and reports, p9rpc.c has the
 * blocking calls, p9setup.c makes channels and connections with them before
 * anything is measured, p9traffic.c is the measured loop.
 */
#include "load.h"
#include <string.h>

enum {
	Tversion = 100, Tattach = 104, Rerror = 107, Twalk = 110, Topen = 112,
	Tcreate = 114, Tread = 116, Rread = 117, Twrite = 118, Rwrite = 119,
	Tclunk = 120, Tremove = 122, Rlerror = 7, Tlopen = 12,
};
enum { OREAD = 0, OWRITE = 1 };
enum { NOTAG = 0xffff };
#define NOFID 0xffffffffu
enum { ROOTFID = 0, HEADER = 24, TWRITEHDR = 23, MAXPIDS = 16 };

typedef struct {
	const char *addr, *mode, *channels, *ctl, *file, *aname, *uname, *dialect, *name, *label;
	int pairs, depth, size, mux, buffer, idle, idlereads, msize;
	int echo, keep, json, spin;
	double seconds, warmup;
	uint64_t count;
	int npids;
	int pids[MAXPIDS];
} Options;

typedef enum { WRITER, READER, PINGWRITE, PINGREAD, PONGREAD, PONGWRITE, FILEREAD, FILEWRITE } Kind;
typedef struct Ep Ep;
typedef struct Conn Conn;

typedef struct {
	Ep *ep;
	uint64_t sent;
} Pending;

struct Conn {
	int fd, watchout;
	uint32_t nextfid;
	uint8_t *in, *out;
	size_t incap, inlen, outcap, outlen;
	Pending *pending;		/* by tag */
	uint16_t *freetag;
	int ntags, nfree, load;
};

struct Ep {
	Kind kind;
	int id;				/* of the pair */
	Conn *conn;
	Ep *peer;			/* the other half of a ping or pong endpoint */
	uint32_t fid;
	uint64_t seq, offset;
	uint64_t *last;			/* readers: next sequence number from each writer */
};

/* all that a run counts */
typedef struct {
	uint64_t reads, writes, pings, sent, got, sumsent, sumgot;
	uint64_t outoforder, bad;
	Hist write, read, e2e, rtt;
} Tally;

extern Options opt;
extern Conn *conns;
extern Ep *eps;
extern int nconns, neps, measuring, stopping;
extern Tally tally;

int isfilemode(void);

/* p9rpc.c: each ends the program when the server refuses */
void handshake(Conn *c);
uint32_t walk(Conn *c, const char *name);
uint32_t openfile(Conn *c, const char *name, int mode);
void fidonly(Conn *c, int type, uint32_t fid, const char *what);
void makechannel(Conn *c, const char *name);

/* p9setup.c */
void setup(Conn *admin);
Conn *addidle(Conn *admin);
void removechannels(Conn *admin);

/* p9traffic.c */
void start(void);
void run(uint64_t deadline, int drain);

/* ---- little-endian fields ---- */

static inline uint8_t *
put(uint8_t *p, int bytes, uint64_t v)
{
	while (bytes-- > 0) {
		*p++ = (uint8_t)v;
		v >>= 8;
	}
	return p;
}

static inline uint8_t *
putstr(uint8_t *p, const char *s)
{
	size_t n = strlen(s);

	p = put(p, 2, n);
	memcpy(p, s, n);
	return p + n;
}

static inline uint64_t
get(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}
