/*
 * qload's parts: qload.c has the measured loop and the report, qredis.c and
 * qnats.c what each protocol sends and how it reads.
 */
#include "load.h"

enum { HEADER = 24 };			/* sequence number, send time, and room */

typedef struct Pair Pair;

typedef struct {
	int fd, watchout;
	size_t inlen, outlen;
	char *in, *out;
	Pair *pair;
} Conn;

/* a writer and a reader, each with its connection */
struct Pair {
	int id;
	Conn writer, reader;
	uint64_t sent, acked, got;
};

typedef struct {
	const char *name;
	void (*prepare)(void);		/* once, after the pairs are made */
	void (*begin)(Pair *p);		/* the reader's first requests */
	void (*send)(Pair *p);		/* one message, from the payload */
	size_t (*parse)(Conn *c, char *b, char *e);	/* one reply's length, 0 if incomplete */
	int acks;			/* the writer hears of each message */
} Protocol;

extern const Protocol redis, nats, jetstream;
extern Pair *pairs;
extern int npairs, port, depth, size, cap;
extern char *payload;

void dial(Conn *c, Pair *p);
void queue(Conn *c, const char *s, size_t n);
void queuef(Conn *c, const char *fmt, ...);
void converse(Conn *c, const char *until, const char *fmt, ...);
void got(Pair *p, const char *data, size_t n);
void acked(Pair *p);
