/* What both generators need of C and of Linux; see load.h. */
#define _GNU_SOURCE
#include "load.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void
die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", progname);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(status);
}

void *
alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (p == NULL)
		die(1, "out of memory");
	return p;
}

uint64_t
nanos(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
void
record(Hist *h, uint64_t v)
{
	int shift = v < SUB ? 0 : 63 - __builtin_clzll(v) - SUBBITS;

	h->bucket[(v < SUB ? 0 : (shift + 1) * SUB) + (int)((v >> shift) & (SUB - 1))]++;
	h->n++;
	if (v > h->max)
		h->max = v;
}

double
quantile_us(const Hist *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->n), seen = 0;
	int i;

	for (i = 0; i < NBUCKET; i++) {
		seen += h->bucket[i];
		if (seen > want) {
			int shift = i < SUB ? 0 : i / SUB - 1;
			uint64_t low = i < SUB ? (uint64_t)i : (uint64_t)(SUB + i % SUB) << shift;

			return (double)(low + ((1ull << shift) >> 1)) / 1000;
		}
	}
	return (double)h->max / 1000;
}

double
cpuseconds(int pid)
{
	char path[64], line[1024];
	unsigned long ut = 0, st = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	if (fgets(line, sizeof line, f) == NULL || strrchr(line, ')') == NULL ||
	    sscanf(strrchr(line, ')') + 2,
	    "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st) != 2)
		ut = st = 0;
	fclose(f);
	return (double)(ut + st) / (double)sysconf(_SC_CLK_TCK);
}

double
residentkib(int pid)
{
	char path[64];
	long pages = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/statm", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

double
ownseconds(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}
