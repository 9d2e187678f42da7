/* SPDX-License-Identifier: Apache-2.0 */
/* copier.c: one payload to many: batches of headers, and the triggers that set the kernel to them.
 */
#include "media/fastpath/copier.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/random.h"
#include "media/fastpath/copier_kernel.h"
#include "media/fastpath/fastpath.h"

/* A trigger costs about what two packets cost; below this there is little to be won. */
#define WORTH_A_TRIGGER 4
/* A trigger that the program has not seen for so long never comes: it is dropped, or the program
 * was taken away. */
#define LOST_MS 200
/* After that, nothing is copied for so long, and then only if an empty trigger arrives. */
#define REST_MS 5000
/* Main waits so long for the answer to its trial: on a busy processor the kernel may put it off. */
#define TRIAL_MS 20
/* A trial without an answer is made again, after waits that grow from the first to the last. */
#define RETRY_FIRST_MS 1000
#define RETRY_LAST_MS  64000

enum family { FAMILY_IPV4, FAMILY_IPV6, FAMILIES };

/* Being filled. */
struct copier_open {
	struct copy_batch *batch; /* NULL: none */
	uint32_t generation;
	uint32_t count;
	void *owners[COPY_BATCH];
};

struct copier {
	_Alignas(CACHE_LINE) _Atomic bool is_ready; /* main's: what follows is there, and the
						       program attached */
	struct copy_batch *batches;                 /* [COPY_BATCHES] of this thread */
	uint32_t first;                             /* index of the first of them in the map */
	uint32_t least;                             /* entries for a trigger */
	/* Batches are used in turn, by generation. Those before `oldest` are done. */
	uint32_t generation, oldest;
	uint64_t sent_ms[COPY_BATCHES];
	uint64_t keys[COPY_BATCHES]; /* of those under way, also while theirs is taken */
	uint64_t rests_until_ms;
	bool is_resting; /* until then, and until a trigger arrives */
	bool is_trying;  /* whether one does */
	uint32_t trial;  /* its generation */
	const struct copier_piece *piece;
	struct copier_open open[FAMILIES];
	int fds[FAMILIES]; /* of triggers; -1: this host does not have the family */
	struct sockaddr_storage names[FAMILIES];
	_Atomic uint64_t triggers, copies, refused, lost;
};

struct copiers {
	struct fastpath *fastpath;
	const struct copier_kernel *kernel; /* NULL: there is no program */
	struct copier_program *program;     /* NULL: not loaded */
	int error;                          /* 0: attached */
	uint64_t retry_ms;
	uint32_t retry_wait_ms; /* before that; 0: no trial is to be made again */
	unsigned count;         /* of threads; behind theirs there is main's, to try with */
	struct copier copiers[];
};

/* Writer: the thread alone. */
static void add(_Atomic uint64_t *count, uint64_t more)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + more,
		memory_order_relaxed);
}

/* ---- batches ---- */

static struct copy_batch *batch_of(const struct copier *copier, uint32_t generation)
{
	return &copier->batches[generation % COPY_BATCHES];
}

static bool is_done(const struct copier *copier, uint32_t generation)
{
	return __atomic_load_n(&batch_of(copier, generation)->done, __ATOMIC_ACQUIRE) ==
	       copier->keys[generation % COPY_BATCHES];
}

/* False: the program has it in hand, and will be done. Else its trigger, if it comes yet, is wrong.
 */
static bool take_back(const struct copier *copier, uint32_t generation)
{
	return __atomic_exchange_n(&batch_of(copier, generation)->key, 0, __ATOMIC_ACQ_REL) != 0;
}

static void rest(struct copier *copier)
{
	copier->is_resting = true;
	copier->is_trying = false;
	copier->rests_until_ms = copier->piece->now_ms + REST_MS;
}

static void count_done(struct copier *copier, const struct copy_batch *batch)
{
	add(&copier->copies, batch->count - batch->refused);
	add(&copier->lost, batch->refused);
	if (copier->is_trying && copier->oldest == copier->trial)
		copier->is_resting = copier->is_trying = false;
}

/* Looks which batches are not under way any more. What is refused in one that was done late cannot
 * be sent again: its payload is gone. */
static void look(struct copier *copier)
{
	uint64_t now_ms = copier->piece->now_ms;
	for (; copier->oldest != copier->generation + 1; copier->oldest++) {
		const struct copy_batch *batch = batch_of(copier, copier->oldest);
		if (is_done(copier, copier->oldest)) {
			count_done(copier, batch);
			continue;
		}
		if (now_ms - copier->sent_ms[copier->oldest % COPY_BATCHES] < LOST_MS ||
			!take_back(copier, copier->oldest))
			return;
		add(&copier->lost, batch->count);
		rest(copier);
	}
}

static struct copy_batch *take(struct copier *copier, uint32_t *ret_generation)
{
	if (copier->generation + 1 - copier->oldest >= COPY_BATCHES_UNDER_WAY)
		return NULL;
	*ret_generation = ++copier->generation;
	struct copy_batch *batch = batch_of(copier, copier->generation);
	copier->sent_ms[copier->generation % COPY_BATCHES] = copier->piece->now_ms;
	copier->keys[copier->generation % COPY_BATCHES] = random_u64() | 1; /* 0 is none */
	batch->count = batch->refused = 0;
	return batch;
}

/* ---- triggers ---- */

static int send_trigger(struct copier *copier, enum family family, uint32_t generation)
{
	struct copy_batch *batch = batch_of(copier, generation);
	uint64_t key = copier->keys[generation % COPY_BATCHES];
	struct copy_trigger trigger = {.batch = copier->first + generation % COPY_BATCHES,
		.key = {(uint32_t)key, (uint32_t)(key >> 32)}};
	struct iovec parts[] = {{&trigger, sizeof(trigger)},
		{(void *)copier->piece->payload, copier->piece->length}};
	struct msghdr message = {.msg_name = &copier->names[family],
		.msg_namelen = family == FAMILY_IPV4 ? sizeof(struct sockaddr_in)
						     : sizeof(struct sockaddr_in6),
		.msg_iov = parts,
		.msg_iovlen = ARRAY_LENGTH(parts)};
	__atomic_store_n(&batch->key, key, __ATOMIC_RELEASE);
	add(&copier->triggers, 1);
	return sendmsg(copier->fds[family], &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Whether a trigger arrives is asked by an empty one. */
static void try(struct copier *copier)
{
	enum family family = copier->fds[FAMILY_IPV4] >= 0 ? FAMILY_IPV4 : FAMILY_IPV6;
	copier->rests_until_ms = copier->piece->now_ms + REST_MS;
	if (!take(copier, &copier->trial))
		return;
	copier->is_trying = send_trigger(copier, family, copier->trial) == 0;
}

/* After a rest. The answer may be there at once, or in a later round. */
static bool is_rested(struct copier *copier)
{
	if (copier->is_trying || copier->piece->now_ms < copier->rests_until_ms)
		return false;
	try(copier);
	look(copier);
	return !copier->is_resting;
}

static void refuse(
	struct copier *copier, struct copier_open *open, uint32_t index, enum copier_refusal why)
{
	if (why == COPIER_FAILED)
		add(&copier->refused, 1);
	copier->piece->refused(
		open->owners[index], copier->piece, open->batch->entries[index].header, why);
}

/* The batch is not sent. */
static void refuse_all(struct copier *copier, struct copier_open *open, enum copier_refusal why)
{
	take_back(copier, open->generation);
	for (uint32_t i = 0; i < open->count; i++)
		refuse(copier, open, i, why);
	open->batch->count = 0;
	__atomic_store_n(&open->batch->done, copier->keys[open->generation % COPY_BATCHES],
		__ATOMIC_RELEASE);
}

/* Those that it could not make are sent now, while the payload is there. */
static void refuse_some(struct copier *copier, struct copier_open *open)
{
	for (uint32_t i = 0; i < open->count; i++)
		if (open->batch->entries[i].is_refused)
			refuse(copier, open, i, COPIER_FAILED);
	open->batch->count -= open->batch->refused;
	open->batch->refused = 0;
}

static void flush(struct copier *copier, enum family family)
{
	struct copier_open *open = &copier->open[family];
	if (!open->batch)
		return;
	open->batch->count = open->count;
	if (open->count < copier->least) {
		refuse_all(copier, open, COPIER_FEW);
	} else if (send_trigger(copier, family, open->generation) < 0) {
		refuse_all(copier, open, COPIER_FAILED);
		rest(copier);
	} else if (is_done(copier, open->generation) && open->batch->refused > 0) {
		refuse_some(copier, open);
	}
	open->batch = NULL;
}

/* ---- a piece ---- */

void copier_begin(struct copier *copier, const struct copier_piece *piece)
{
	copier->piece = piece;
}

bool copier_is_at(const struct copier *copier, const void *payload)
{
	return copier->piece && copier->piece->payload == payload;
}

static bool open_batch(struct copier *copier, enum family family)
{
	struct copier_open *open = &copier->open[family];
	if (copier->fds[family] < 0 ||
		!atomic_load_explicit(&copier->is_ready, memory_order_acquire))
		return false;
	look(copier);
	if (copier->is_resting && !is_rested(copier))
		return false;
	open->batch = take(copier, &open->generation);
	open->count = 0;
	return open->batch;
}

static enum family family_of(const struct copy_target *target)
{
	return target->version == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
}

uint8_t *copier_place(struct copier *copier, const struct copy_target *target)
{
	struct copier_open *open = &copier->open[family_of(target)];
	if (UNLIKELY(!open->batch) && !open_batch(copier, family_of(target)))
		return NULL;
	return open->batch->entries[open->count].header;
}

void copier_add(struct copier *copier, const struct copy_target *target, void *owner)
{
	struct copier_open *open = &copier->open[family_of(target)];
	struct copy_entry *entry = &open->batch->entries[open->count];
	entry->target = *target;
	entry->is_refused = 0;
	open->owners[open->count++] = owner;
	if (open->count == COPY_BATCH)
		flush(copier, family_of(target));
}

void copier_end(struct copier *copier)
{
	for (unsigned family = 0; family < FAMILIES; family++)
		flush(copier, (enum family)family);
	copier->piece = NULL;
}

/* ---- sockets ---- */

/* A socket that sends to itself. Where the program does not take it, nobody reads it. -1: there is
 * none, or the host does not have the family. */
static int open_trigger(struct copier *copier, enum family family)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr *name = family == FAMILY_IPV4 ? (void *)&v4 : (void *)&v6;
	socklen_t length = family == FAMILY_IPV4 ? sizeof(v4) : sizeof(v6);
	int least = 1;
	int fd = socket(name->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, name, length) < 0 || getsockname(fd, name, &length) < 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	memcpy(&copier->names[family], name, length);
	return fd;
}

static void open_triggers(struct copier *copier)
{
	for (unsigned family = 0; family < FAMILIES; family++)
		copier->fds[family] = open_trigger(copier, (enum family)family);
}

static int know_triggers(const struct copiers *copiers, const struct copier *copier)
{
	for (unsigned family = 0; family < FAMILIES; family++) {
		struct copy_socket socket = {/* the port is at the same place in both */
			.port = ((const struct sockaddr_in *)&copier->names[family])->sin_port,
			.version = family == FAMILY_IPV4 ? 4 : 6};
		int error = copier->fds[family] < 0
				    ? 0
				    : copiers->kernel->know(copiers->program, &socket);
		if (error)
			return error;
	}
	return 0;
}

/* ---- all of them ---- */

static bool is_answered(const struct copier *copier)
{
	static const struct timespec moment = {.tv_nsec = 1000000};
	for (unsigned i = 0; i < TRIAL_MS && !is_done(copier, copier->trial); i++)
		nanosleep(&moment, NULL);
	return is_done(copier, copier->trial);
}

/* Whether a trigger sets the program to work, before anybody relies on it. */
static int try_once(struct copiers *copiers)
{
	struct copier *copier = &copiers->copiers[copiers->count];
	struct copier_piece nothing = {.payload = (const uint8_t *)""};
	copier_begin(copier, &nothing);
	try(copier);
	bool works = copier->is_trying && is_answered(copier);
	if (!works)
		take_back(copier, copier->trial);
	copier->oldest = copier->generation + 1;
	copier_end(copier);
	return works ? 0 : -ENODATA;
}

static int load(struct copiers *copiers)
{
	struct copy_batch *batches;
	if (!copiers->kernel)
		return -ENOSYS;
	int error = copiers->kernel->load(copiers->fastpath->program,
		(copiers->count + 1) * COPY_BATCHES, &copiers->program, &batches);
	for (unsigned i = 0; i <= copiers->count && !error; i++) {
		struct copier *copier = &copiers->copiers[i];
		copier->batches = batches + copier->first;
		error = know_triggers(copiers, copier);
	}
	return error;
}

static void set_ready(struct copiers *copiers, bool is_ready)
{
	for (unsigned i = 0; i < copiers->count; i++)
		atomic_store_explicit(
			&copiers->copiers[i].is_ready, is_ready, memory_order_release);
}

static int start(struct copiers *copiers)
{
	int error = copiers->program ? 0 : load(copiers);
	if (!error)
		error = copiers->kernel->attach(copiers->program);
	if (error)
		return error;
	error = try_once(copiers);
	if (error)
		copiers->kernel->detach(copiers->program);
	else
		set_ready(copiers, true);
	return error;
}

/* A batch that a thread is filling now is lost, or the memory would have to be locked. */
static void stop(struct copiers *copiers)
{
	set_ready(copiers, false);
	copiers->kernel->detach(copiers->program);
}

bool copiers_follow(struct copiers *copiers)
{
	int before = copiers->error;
	bool is_wanted = fastpath_is_active(copiers->fastpath);
	if (is_wanted && copiers->error) {
		copiers->error = start(copiers);
	} else if (!is_wanted) {
		if (!copiers->error)
			stop(copiers);
		copiers->error = -ENOTCONN;
	}
	return copiers->error != before;
}

bool copiers_retry(struct copiers *copiers, uint64_t now_ms)
{
	if (!copiers->error && !copiers->kernel->holds(copiers->program)) {
		stop(copiers);
		copiers->error = -ENODATA;
		return true;
	}
	if (copiers->error != -ENODATA) {
		copiers->retry_wait_ms = 0;
		return false;
	}
	if (copiers->retry_wait_ms && now_ms < copiers->retry_ms)
		return false;
	bool is_due = copiers->retry_wait_ms != 0;
	copiers->retry_wait_ms =
		is_due ? MIN(copiers->retry_wait_ms * 2, RETRY_LAST_MS) : RETRY_FIRST_MS;
	copiers->retry_ms = now_ms + copiers->retry_wait_ms;
	return is_due && copiers_follow(copiers);
}

int copiers_error(const struct copiers *copiers)
{
	return copiers->error;
}

int copiers_new(
	struct copiers **ret_copiers, struct fastpath *fastpath, unsigned threads, uint32_t least)
{
	/* the last one's lines are its own */
	size_t size = sizeof(struct copiers) + (threads + 1) * sizeof(struct copier);
	struct copiers *copiers = aligned_alloc(CACHE_LINE, ROUND_UP(size, CACHE_LINE));
	if (!copiers)
		return -ENOMEM;
	memset(copiers, 0, size);
	copiers->fastpath = fastpath;
	copiers->kernel = fastpath->kernel->copier;
	copiers->error = -ENOTCONN;
	copiers->count = threads;
	for (unsigned i = 0; i <= threads; i++) {
		copiers->copiers[i].first = i * COPY_BATCHES;
		copiers->copiers[i].oldest = 1;
		copiers->copiers[i].least = least ? least : WORTH_A_TRIGGER;
		open_triggers(&copiers->copiers[i]);
	}
	*ret_copiers = copiers;
	return 0;
}

void copiers_free(struct copiers *copiers)
{
	if (!copiers)
		return;
	if (!copiers->error)
		copiers->kernel->detach(copiers->program);
	if (copiers->program)
		copiers->kernel->unload(copiers->program);
	for (unsigned i = 0; i <= copiers->count; i++)
		for (unsigned family = 0; family < FAMILIES; family++)
			if (copiers->copiers[i].fds[family] >= 0)
				close(copiers->copiers[i].fds[family]);
	free(copiers);
}

struct copier *copiers_of(struct copiers *copiers, unsigned thread)
{
	return &copiers->copiers[thread];
}

static uint64_t read_count(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

void copiers_count(const struct copiers *copiers, struct copier_counts *ret_counts)
{
	struct copier_counts counts = {0};
	for (unsigned i = 0; i < copiers->count; i++) {
		counts.triggers += read_count(&copiers->copiers[i].triggers);
		counts.copies += read_count(&copiers->copiers[i].copies);
		counts.refused += read_count(&copiers->copiers[i].refused);
		counts.lost += read_count(&copiers->copiers[i].lost);
	}
	*ret_counts = counts;
}
