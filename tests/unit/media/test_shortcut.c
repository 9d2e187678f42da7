/* SPDX-License-Identifier: Apache-2.0 */
/* test_shortcut.c: when a session is forwarded by the kernel and when not, what is installed then,
 * and that its figures are the same either way. The kernel is the test: it counts what it likes. */
#include "fastpath_fake.h"
#include "harness.h"
#include "media/relay.h"
#include "media/session.h"

static struct call call;
static struct fastpath *fastpath;

static void start_fast(void)
{
	prepare(1);
	struct fastpath_config fast = {.local_count = config.local_count,
		.port_first = config.port_first,
		.port_last = config.port_last,
		.kernel = &fake_kernel};
	memcpy(fast.locals, config.locals, sizeof(fast.locals));
	ck_assert_int_eq(fastpath_new(&fastpath, &fast), 0);
	ck_assert_int_eq(fastpath->state, FASTPATH_ACTIVE);
	config.fastpath = fastpath;
	open_media();
}

static void finish_fast(void)
{
	finish();
	fastpath_free(fastpath);
	ck_assert_int_eq(fake_attached, 0);
}

static struct fastpath_flow *flow_of(unsigned end)
{
	return fastpath_flow(fastpath, call.lease.port[end], 0);
}

static bool is_open(void)
{
	const struct fastpath_entry *entries[] = {
		fake_entry(fastpath, flow_of(0)), fake_entry(fastpath, flow_of(1))};
	/* never one without the other */
	ck_assert((entries[0] != NULL) == (entries[1] != NULL));
	ck_assert_uint_eq(atomic_load(&fastpath->entries), entries[0] ? 2 : 0);
	ck_assert_uint_eq(count(METRIC_media_fastpath_sessions), entries[0] != NULL);
	return entries[0] != NULL;
}

/* The kernel forwards so many packets of an end. */
static void kernel_forwards(unsigned end, unsigned packets)
{
	struct fastpath_flow *flow = flow_of(end);
	flow->packets += packets;
	flow->bytes += packets * UINT64_C(172);
	flow->receiver.packets += packets;
	flow->receiver.since += packets;
	flow->receiver.bytes += packets * UINT64_C(172);
	flow->receiver.highest = (uint16_t)(flow->receiver.highest + packets);
	flow->heard_ns = clock_now_ns(&clock_here.clock);
}

static bool is_at(const struct fastpath_address *at, const struct media_address *address)
{
	return at->port == address->v4.sin_port && at->host[0] == address->v4.sin_addr.s_addr &&
	       !at->host[1] && !at->host[2] && !at->host[3];
}

/* Both phones speak, as they do all the time. */
static void both_speak(void)
{
	for (unsigned i = 0; i < 2; i++) {
		speak(&call.phones[i], call.lease.port[i], "word");
		hear(&call.phones[1 - i], call.lease.port[1 - i], "word");
	}
	settle();
}

START_TEST(opens_when_both_sources_are_locked)
{
	start_fast();
	call_open(&call, 1);
	call_set(&call);
	ck_assert(!is_open());
	speak(&call.phones[0], call.lease.port[0], "hello");
	hear(&call.phones[1], call.lease.port[1], "hello");
	settle();
	ck_assert(!is_open());
	speak(&call.phones[1], call.lease.port[1], "yes");
	hear(&call.phones[0], call.lease.port[0], "yes");
	settle();
	ck_assert(is_open());
	for (unsigned i = 0; i < 2; i++) {
		const struct fastpath_entry *entry = fake_entry(fastpath, flow_of(i));
		struct media_address ours[2] = {address_of(SERVER, call.lease.port[0]),
			address_of(SERVER, call.lease.port[1])};
		ck_assert(is_at(&entry->from, &call.phones[i].address));
		ck_assert(is_at(&entry->at, &ours[i]));
		ck_assert(is_at(&entry->out_from, &ours[1 - i]));
		ck_assert(is_at(&entry->out_to, &call.phones[1 - i].address));
		ck_assert_uint_eq(entry->in_interface, FASTPATH_LOOPBACK);
		ck_assert_uint_eq(entry->interface, FASTPATH_LOOPBACK);
		ck_assert_uint_eq(entry->priority, 4); /* TC_PRIO_INTERACTIVE_BULK, of EF */
		ck_assert_uint_eq(entry->version, 4);
		ck_assert_uint_eq(entry->class, 46 << 2);
		ck_assert_uint_eq(entry->thread, 0);
		ck_assert_uint_eq(entry->types[0], UINT64_MAX);
		ck_assert_uint_eq(entry->rate_most, 2500);
	}
	ck_assert_uint_eq(fastpath->memory.beats[0].ns, media->relays[0].now_ns);
	call_close(&call);
	ck_assert(!is_open());
	finish_fast();
}
END_TEST

/* What comes up all the same is handled as ever: an entry is no gate. */
START_TEST(packets_that_come_up_pass)
{
	start_fast();
	call_up(&call, 1);
	settle();
	ck_assert(is_open());
	both_speak();
	ck_assert(is_open());
	struct media_report report = read_report(&call);
	ck_assert_uint_eq(report.ends[0].packets, 2);
	ck_assert_uint_eq(report.ends[1].packets, 2);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(figures_are_those_of_both_ways)
{
	struct media_status status;
	start_fast();
	call_up(&call, 1);
	settle();
	uint64_t forwarded = count(METRIC_media_forwarded);
	kernel_forwards(0, 100);
	kernel_forwards(1, 90);
	flow_of(1)->dropped += 5;
	both_speak();
	struct media_report report = read_report(&call);
	ck_assert_uint_eq(report.ends[0].packets, 102);
	ck_assert_uint_eq(report.ends[1].packets, 92);
	ck_assert_uint_eq(report.ends[0].sent, 92);
	ck_assert_uint_eq(report.ends[1].sent, 102);
	ck_assert_uint_eq(report.ends[1].sent_bytes, 100 * 172 + 12 + 5 + 12 + 4);
	ck_assert_uint_eq(count(METRIC_media_forwarded), forwarded + 192);
	ck_assert_uint_eq(count(METRIC_media_fastpath_forwarded), 190);
	ck_assert_uint_eq(count(METRIC_media_dropped_rate), 5);
	media_status(media, 0, &status);
	ck_assert_uint_eq(status.packets, 4 + 195);
	/* the end is told with all that was counted, not with what was looked at last */
	kernel_forwards(0, 7);
	call_close(&call);
	ck_assert_uint_eq(final_report.ends[0].packets, 109);
	ck_assert_uint_eq(final_report.ends[1].sent, 109);
	finish_fast();
}
END_TEST

START_TEST(closed_before_it_is_changed)
{
	start_fast();
	call_up(&call, 1);
	settle();
	kernel_forwards(0, 10);
	call.description.ends[0].offer = 2;
	media_set(media, 0, call.lease.session, &call.description);
	media_run_once(media, 0, 0);
	ck_assert(!is_open());
	/* locked again by the next packet; the entries rest for a while */
	both_speak();
	ck_assert(!is_open());
	pass(FASTPATH_REST_MS / 2);
	ck_assert(!is_open());
	pass(FASTPATH_REST_MS);
	ck_assert(is_open());
	ck_assert_uint_eq(read_report(&call).ends[0].packets, 12);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(an_entry_is_not_overwritten_soon)
{
	start_fast();
	call_up(&call, 1);
	settle();
	struct fastpath_entry before = *fake_entry(fastpath, flow_of(0));
	uint32_t generation = flow_of(0)->generation;
	uint32_t place = 2 * (uint32_t)(flow_of(0) - fastpath->memory.flows) + (generation & 1);
	for (unsigned i = 2; i < 8; i++) {
		call.description.ends[1].offer = i;
		call_set(&call);
		both_speak();
		/* a packet under way may read it still */
		ck_assert_mem_eq(&fastpath->memory.entries[place], &before, sizeof(before));
	}
	pass(1200);
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->generation, generation + 1);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(hold_closes_it)
{
	start_fast();
	call_up(&call, 1);
	settle();
	ck_assert(is_open());
	struct media_end held = call.description.ends[0];
	call.description.ends[0].offer = 2;
	call.description.ends[0].rtp = address_of("0.0.0.0", 9);
	call_set(&call);
	ck_assert(!is_open());
	pass(3000);
	ck_assert(!is_open());
	held.offer = 3;
	call.description.ends[0] = held;
	call_set(&call);
	both_speak();
	pass(1200);
	ck_assert(is_open());
	call_close(&call);
	finish_fast();
}
END_TEST

/* The phone goes on from another port: it is heard, taken and installed, and nobody else is. */
START_TEST(another_source_is_another_entry)
{
	start_fast();
	call_open(&call, 1);
	struct phone announced = phone_open("127.0.0.2");
	call.description.ends[0].rtp = announced.address;
	call_set(&call);
	/* a NAT: another port of the announced host */
	for (unsigned i = 0; i < 3; i++) {
		speak(&call.phones[0], call.lease.port[0], "nat");
		hear(&call.phones[1], call.lease.port[1], "nat");
	}
	speak(&call.phones[1], call.lease.port[1], "yes");
	hear(&call.phones[0], call.lease.port[0], "yes");
	settle();
	ck_assert(is_open());
	struct phone thief = phone_open("127.0.0.9");
	for (unsigned i = 0; i < 20; i++)
		speak(&thief, call.lease.port[0], "mine");
	settle();
	ck_assert(is_at(&fake_entry(fastpath, flow_of(0))->from, &call.phones[0].address));
	speak(&announced, call.lease.port[0], "here");
	settle();
	ck_assert(!is_open()); /* too soon */
	pass(1200);
	ck_assert(is_open());
	ck_assert(is_at(&fake_entry(fastpath, flow_of(0))->from, &announced.address));
	ck_assert(is_at(&fake_entry(fastpath, flow_of(1))->out_to, &announced.address));
	phone_close(&thief);
	phone_close(&announced);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(silence_is_the_kernels_too)
{
	start_fast();
	call_up(&call, 1);
	settle();
	for (unsigned i = 0; i < 30; i++) {
		kernel_forwards(i % 2, 1);
		pass(5000);
	}
	ck_assert(!(told[1] & MEDIA_TOLD_SILENT));
	struct media_report report = read_report(&call);
	ck_assert_uint_le(report.ends[1].silent_ms, 7000);
	ck_assert_uint_ge(report.ends[0].silent_ms, 10000);
	pass(61000);
	ck_assert(told[1] & MEDIA_TOLD_SILENT);
	call_close(&call);
	finish_fast();
}
END_TEST

/* The first packet of another clock comes up, and its clock is known from then on. */
START_TEST(clocks_are_looked_up_here)
{
	start_fast();
	call_open(&call, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct media_end *end = &call.description.ends[i];
		end->payload_types[0] = 1 | 1 << 8 | 1 << 13;
		end->payload_types[1] = UINT64_C(1) << (101 - 64) | UINT64_C(1) << (96 - 64);
		end->formats[0] = (struct media_format){.rate = 8000};
		end->formats[1] = (struct media_format){.payload_type = 101};
		end->formats[2] = (struct media_format){.payload_type = 96, .rate = 16000};
		end->formats[3] = (struct media_format){.payload_type = 8, .rate = 8000};
		end->formats[4] = (struct media_format){.payload_type = 13, .rate = 8000};
		end->formats[5] = (struct media_format){.payload_type = 102};
		end->format_count = 6;
	}
	call_set(&call);
	both_speak();
	ck_assert(is_open());
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->types[0], 1 | 1 << 8 | 1 << 13);
	ck_assert_uint_eq(flow_of(0)->receiver.rate, 8000);
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->rate, 8000);
	/* agreed events and comfort noise need no look; another codec does, be its clock the same
	 */
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->others[0], 101 | FASTPATH_CLOCKLESS);
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->others[1], 13);
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->others[2], FASTPATH_NO_TYPE);
	call.phones[0].payload_type = 8;
	speak(&call.phones[0], call.lease.port[0], "alaw");
	hear(&call.phones[1], call.lease.port[1], "alaw");
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->receiver.payload_type, 8);
	call.phones[0].payload_type = 96;
	speak(&call.phones[0], call.lease.port[0], "wide");
	hear(&call.phones[1], call.lease.port[1], "wide");
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->receiver.payload_type, 96);
	ck_assert_uint_eq(flow_of(0)->receiver.rate, 16000);
	call_close(&call);
	finish_fast();
}
END_TEST

/* What waits in the socket goes first. */
START_TEST(nothing_is_overtaken)
{
	start_fast();
	call_open(&call, 1);
	call_set(&call);
	speak(&call.phones[0], call.lease.port[0], "hello");
	hear(&call.phones[1], call.lease.port[1], "hello");
	for (unsigned i = 0; i < 60; i++)
		speak(&call.phones[0], call.lease.port[0], "many");
	speak(&call.phones[1], call.lease.port[1], "yes");
	for (unsigned i = 0; i < PATIENCE && count(METRIC_media_fastpath_sessions) == 0; i++) {
		media_run_once(media, 0, 0);
		pass(20);
	}
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->receiver.packets, 61);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(off_and_on_again)
{
	struct fastpath_wish wish = {.is_off = true};
	start_fast();
	call_up(&call, 1);
	settle();
	ck_assert_int_ge(fake_attached, 1);
	ck_assert(fastpath_configure(fastpath, &wish));
	ck_assert_int_eq(fastpath->state, FASTPATH_OFF);
	ck_assert_int_eq(fake_attached, 0);
	pass(1200);
	ck_assert(!is_open());
	wish.is_off = false;
	ck_assert(fastpath_configure(fastpath, &wish));
	pass(1200);
	ck_assert(is_open());
	/* nothing else than lo */
	snprintf(wish.names[0], sizeof(wish.names[0]), "lo");
	wish.count = 1;
	ck_assert(!fastpath_configure(fastpath, &wish));
	ck_assert_int_eq(fake_attached, 1);
	pass(1200);
	ck_assert(is_open());
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(lo_alone_is_not_enough_elsewhere)
{
	struct fastpath_wish wish = {.count = 1, .names = {"none0"}};
	start_fast();
	ck_assert(fastpath_configure(fastpath, &wish));
	ck_assert_int_eq(fastpath->state, FASTPATH_UNAVAILABLE);
	ck_assert_str_eq(fastpath->why, "no interface carries media");
	call_up(&call, 1);
	pass(1200);
	ck_assert(!is_open());
	call_close(&call);
	finish_fast();
}
END_TEST

/* Interfaces or routes have changed: all is asked again, and nothing is lost meanwhile. */
START_TEST(routes_are_asked_again)
{
	start_fast();
	call_up(&call, 1);
	settle();
	uint32_t generation = flow_of(0)->generation;
	kernel_forwards(0, 3);
	pass(200);
	/* of somebody else's */
	atomic_fetch_add(&fastpath->changes, 1);
	pass(1200);
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->generation, generation);
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++)
		atomic_store(&fastpath->interfaces[i].mtu, 1000);
	atomic_fetch_add(&fastpath->changes, 1);
	pass(1200);
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->generation, generation + 1);
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->length_most, 1000);
	ck_assert_uint_eq(read_report(&call).ends[0].packets, 4);
	call_close(&call);
	finish_fast();
}
END_TEST

/* Nobody tells of a path's MTU, so open sessions look by themselves, and not all at once. */
START_TEST(ways_are_looked_for_now_and_then)
{
	start_fast();
	call_up(&call, 1);
	settle();
	uint32_t generation = flow_of(0)->generation;
	pass(500);
	for (unsigned i = 0; i < FASTPATH_INTERFACES_MAX; i++)
		atomic_store(&fastpath->interfaces[i].mtu, 1000);
	pass(2500);
	ck_assert_uint_eq(flow_of(0)->generation, generation);
	pass(5500);
	ck_assert(is_open());
	ck_assert_uint_eq(flow_of(0)->generation, generation + 1);
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(0))->length_most, 1000);
	/* nothing has changed: nothing is closed */
	pass(20000);
	ck_assert_uint_eq(flow_of(0)->generation, generation + 1);
	call_close(&call);
	finish_fast();
}
END_TEST

/* What the kernel finished after it was closed is counted when it opens again. */
START_TEST(late_packets_are_counted)
{
	start_fast();
	call_up(&call, 1);
	settle();
	call.description.ends[0].offer = 2;
	call_set(&call);
	ck_assert(!is_open());
	flow_of(0)->packets += 1;
	flow_of(0)->bytes += 172;
	both_speak();
	pass(1200);
	ck_assert(is_open());
	pass(1200);
	ck_assert_uint_eq(read_report(&call).ends[1].sent, 3);
	call_close(&call);
	finish_fast();
}
END_TEST

/* What comes up and what the kernel forwards are one source's: together they are too many. */
START_TEST(rate_is_counted_together)
{
	start_fast();
	call_up(&call, 1);
	settle();
	ck_assert(is_open());
	flow_of(0)->rate_window = (uint32_t)(clock_now_ns(&clock_here.clock) >> 30);
	flow_of(0)->rate_count = 2500;
	uint64_t dropped = count(METRIC_media_dropped_rate);
	speak(&call.phones[0], call.lease.port[0], "one more");
	until_counted(METRIC_media_dropped_rate, dropped + 1);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(families_are_not_crossed)
{
	static const unsigned locals[2] = {0, 1};
	prepare(1);
	config.locals[1] = address_of("::1", 0);
	config.local_count = 2;
	struct fastpath_config fast = {.local_count = 2,
		.port_first = config.port_first,
		.port_last = config.port_last,
		.kernel = &fake_kernel};
	memcpy(fast.locals, config.locals, sizeof(fast.locals));
	ck_assert_int_eq(fastpath_new(&fastpath, &fast), 0);
	config.fastpath = fastpath;
	open_media();
	call = (struct call){
		.description.dscp = MEDIA_DSCP_DEFAULT, .description.watch = MEDIA_WATCH_TALK};
	for (unsigned i = 0; i < 2; i++) {
		struct media_end *end = &call.description.ends[i];
		call.phones[i] = phone_open(i ? "::1" : "127.0.0.2");
		end->offer = 1;
		end->rtp = end->signalling = call.phones[i].address;
	}
	ck_assert_int_eq(media_take(media, 0, locals, 1, &call.lease), 0);
	call_set(&call);
	both_speak();
	pass(1200);
	ck_assert_uint_eq(count(METRIC_media_fastpath_sessions), 0);
	ck_assert_uint_eq(atomic_load(&fastpath->entries), 0);
	call_close(&call);
	finish_fast();
}
END_TEST

/* The kernel makes nothing of anything: what the other end does not know is ours. */
START_TEST(what_is_foreign_comes_up)
{
	start_fast();
	call_open(&call, 1);
	struct media_end *end = &call.description.ends[1];
	end->payload_types[0] = 1 << 0 | 1 << 8;
	for (unsigned i = 0; i < 2; i++) {
		struct media_coding *coding = &call.description.ends[i].coding;
		coding->codec = CODEC_PCMU;
		coding->is_agreed = true;
	}
	end->coding.foreign_count = 1;
	end->coding.foreign[0] =
		(struct media_foreign){.rate = 8000, .payload_type = 8, .codec = CODEC_PCMA};
	call_set(&call);
	both_speak();
	ck_assert(is_open());
	ck_assert_uint_eq(fake_entry(fastpath, flow_of(1))->types[0], 1 << 0);
	call.phones[1].payload_type = 8;
	speak(&call.phones[1], call.lease.port[1], "word");
	settle();
	ck_assert(!is_open());
	ck_assert_uint_eq(count(METRIC_media_transcoders), 1);
	call_close(&call);
	finish_fast();
}
END_TEST

START_TEST(says_why_not)
{
	struct fastpath_config fast = {.locals = {address_of("127.0.0.1", 0)},
		.local_count = 1,
		.port_first = 20000,
		.port_last = 20003,
		.kernel = &fake_kernel};
	fake_load_error = -ENOSYS;
	ck_assert_int_eq(fastpath_new(&fastpath, &fast), 0);
	ck_assert_int_eq(fastpath->state, FASTPATH_UNAVAILABLE);
	ck_assert_str_eq(fastpath->why, "not built: clang, bpftool and libbpf were missing");
	ck_assert(!fastpath_is_active(fastpath));
	fastpath_free(fastpath);
	fake_load_error = 0;
	fake_attach_error = -EOPNOTSUPP;
	ck_assert_int_eq(fastpath_new(&fastpath, &fast), 0);
	ck_assert_int_eq(fastpath->state, FASTPATH_UNAVAILABLE);
	ck_assert_str_eq(fastpath->why, strerror(EOPNOTSUPP));
	fastpath_free(fastpath);
	fake_attach_error = 0;
	fast.port_first = 20004;
	ck_assert_int_eq(fastpath_new(&fastpath, &fast), -EINVAL);
}
END_TEST

TEST_MAIN("shortcut", opens_when_both_sources_are_locked, packets_that_come_up_pass,
	figures_are_those_of_both_ways, closed_before_it_is_changed,
	an_entry_is_not_overwritten_soon, hold_closes_it, another_source_is_another_entry,
	silence_is_the_kernels_too, clocks_are_looked_up_here, nothing_is_overtaken,
	off_and_on_again, lo_alone_is_not_enough_elsewhere, routes_are_asked_again,
	ways_are_looked_for_now_and_then, late_packets_are_counted, rate_is_counted_together,
	families_are_not_crossed, what_is_foreign_comes_up, says_why_not)
