/* SPDX-License-Identifier: Apache-2.0 */
/* test_begin.c — dialogs that begin with a request or a response, and the names that we give. */
#include <errno.h>

#include "dialog/tag.h"
#include "harness.h"
#include "lib/fake_worker.h"

static const struct siphash_key key = {1, 2};
static struct fake_worker fake;
static struct dialog dialog;

static void begin(void)
{
	fake_worker_init(&fake, 1000);
	dialog = (struct dialog){0};
}

static void end(void)
{
	dialog_done(&fake.worker->buffers, &dialog);
	ck_assert_uint_eq(arena_used(&fake.worker->scratch), 0);
	ck_assert_uint_eq(fake_worker_buffers_used(&fake), 0);
	fake_worker_done(&fake);
}

#define CONTACT "CSeq: 7 INVITE\r\nContact: <sip:alice@10.0.0.2>\r\n"
static int begin_with(const char *lines)
{
	const struct path from = {.peer = {.port = 4242}};
	return dialog_begin(fake.worker, &dialog, &key, 5,
		parsed("INVITE sip:bob@example.test SIP/2.0", lines), &from);
}

START_TEST(a_request_begins_one)
{
	uint64_t handle;
	begin();
	ck_assert_int_eq(begin_with(CONTACT "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n"), 0);
	struct dialog_texts texts = dialog_texts(&dialog);
	assert_span(texts.call_id, "c1");
	assert_span(texts.remote_tag, "a");
	assert_span(texts.target, "sip:alice@10.0.0.2");
	assert_span(texts.routes, "<sip:p1;lr>, <sip:p2;lr>");
	ck_assert(pv_span_starts_with(texts.local, PV_SPAN("<sip:bob@example.test>;tag=pv")));
	ck_assert(dialog_tag_read(&key, texts.local_tag, PV_SPAN("c1"), &handle));
	ck_assert_uint_eq(handle, 5);
	ck_assert_uint_eq(dialog.remote_cseq, 7);
	ck_assert_uint_eq(dialog.path.peer.port, 4242);
	end();
}
END_TEST

START_TEST(not_without_a_contact)
{
	begin();
	ck_assert_int_eq(begin_with("CSeq: 7 INVITE\r\n"), -EINVAL);
	ck_assert(!dialog_may_begin(fake.worker, &message));
	parsed("INVITE sip:bob@example.test SIP/2.0", CONTACT);
	ck_assert(dialog_may_begin(fake.worker, &message));
	end();
}
END_TEST

START_TEST(not_without_memory)
{
	begin();
	slab_starve(1);
	ck_assert_int_eq(begin_with(CONTACT), -ENOBUFS);
	slab_starve(0);
	end();
}
END_TEST

START_TEST(a_response_says_who_is_there)
{
	begin();
	ck_assert_int_eq(begin_with(CONTACT), 0);
	parsed("SIP/2.0 200 OK", "CSeq: 1 INVITE\r\nContact: <sip:bob@10.0.0.3>\r\n"
				 "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n");
	ck_assert_int_eq(dialog_learn(fake.worker, &dialog, &message), 0);
	struct dialog_texts texts = dialog_texts(&dialog);
	assert_span(texts.remote_tag, "b");
	assert_span(texts.target, "sip:bob@10.0.0.3");
	assert_span(texts.routes, "<sip:p2;lr>, <sip:p1;lr>");
	/* without a Contact it is where it was */
	parsed("SIP/2.0 200 OK", "CSeq: 1 INVITE\r\n");
	ck_assert_int_eq(dialog_learn(fake.worker, &dialog, &message), 0);
	assert_span(dialog_texts(&dialog).target, "sip:bob@10.0.0.3");
	end();
}
END_TEST

START_TEST(call_ids_differ_and_live_here)
{
	char one[DIALOG_CALL_ID_LENGTH], other[DIALOG_CALL_ID_LENGTH];
	begin();
	struct pv_span first = dialog_call_id(fake.worker, one);
	ck_assert_uint_eq(first.length, DIALOG_CALL_ID_LENGTH);
	ck_assert_uint_eq(worker_home(fake.worker->group, first), fake.worker->index);
	ck_assert(!pv_span_equal(first, dialog_call_id(fake.worker, other)));
	end();
}
END_TEST

TEST_MAIN("dialog begin", a_request_begins_one, not_without_a_contact, not_without_memory,
	a_response_says_who_is_there, call_ids_differ_and_live_here)
