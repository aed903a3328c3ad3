/*
 * What p9load and qload share: memory, time, a histogram, and what the machine
 * says of a process.  Nothing here knows a protocol.
 */
#include <stddef.h>
#include <stdint.h>

/* 64 linear steps to each power of two: an error under 1.6% */
enum { SUBBITS = 6, SUB = 1 << SUBBITS, NBUCKET = (64 - SUBBITS + 1) * SUB };

typedef struct {
	uint64_t n, max;
	uint64_t bucket[NBUCKET];
} Hist;

extern const char *progname;

_Noreturn void die(int status, const char *fmt, ...);
void *alloc(size_t n, size_t size);
uint64_t nanos(void);
void record(Hist *h, uint64_t ns);
double quantile_us(const Hist *h, double q);

double ownseconds(void);		/* CPU of this process */
double cpuseconds(int pid);		/* CPU of another, -1 if there is none */
double residentkib(int pid);		/* its memory, 0 if there is none */
