/* SPDX-License-Identifier: Apache-2.0 */
/* test_dialog.c — texts are kept, taken out of messages, compared; order of CSeq; target refresh.
 */
#include <errno.h>

#include "harness.h"

static const struct dialog_texts texts = {
	.call_id = PV_SPAN_INIT("c1"),
	.local = PV_SPAN_INIT("<sip:bob@example.test>;tag=b"),
	.remote = PV_SPAN_INIT("<sip:alice@example.test>;tag=a"),
	.local_tag = PV_SPAN_INIT("b"),
	.remote_tag = PV_SPAN_INIT("a"),
	.target = PV_SPAN_INIT("sip:alice@10.0.0.2"),
};

static struct dialog begun(void)
{
	struct dialog dialog = {0};
	ck_assert_int_eq(buffer_pool_init(&pool, 1 << 20), 0);
	ck_assert_int_eq(dialog_store(&pool, &dialog, &texts), 0);
	return dialog;
}

static void end(struct dialog *dialog)
{
	dialog_done(&pool, dialog);
	ck_assert_uint_eq(pool.bytes_used, 0);
	buffer_pool_done(&pool);
}

START_TEST(texts_are_kept)
{
	struct dialog dialog = begun();
	struct dialog_texts back = dialog_texts(&dialog);
	assert_span(back.call_id, "c1");
	assert_span(back.remote, "<sip:alice@example.test>;tag=a");
	assert_span(back.target, "sip:alice@10.0.0.2");
	assert_span(back.routes, "");
	end(&dialog);
}
END_TEST

START_TEST(want_of_memory_changes_nothing)
{
	struct dialog dialog = begun();
	struct dialog_texts other = dialog_texts(&dialog);
	other.target = PV_SPAN("sip:elsewhere");
	slab_starve(1);
	ck_assert_int_eq(dialog_store(&pool, &dialog, &other), -ENOBUFS);
	assert_span(dialog_texts(&dialog).target, "sip:alice@10.0.0.2");
	end(&dialog);
}
END_TEST

START_TEST(of_a_request_the_routes_stand_as_recorded)
{
	struct dialog_texts got = {0};
	char room[200];
	struct pv_writer w;
	pv_writer_init(&w, room, sizeof(room));
	parsed("INVITE sip:bob@example.test SIP/2.0",
		"CSeq: 1 INVITE\r\nContact: \"x, y\" <sip:alice@10.0.0.2>;q=1\r\n"
		"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n");
	ck_assert_int_eq(dialog_texts_of_request(&message, &w, &got), 0);
	assert_span(got.target, "sip:alice@10.0.0.2");
	assert_span(got.routes, "<sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>");
	assert_span(got.remote, "\"A\" <sip:alice@example.test;x=y>;tag=a;p=q");
	assert_span(got.remote_tag, "a");
}
END_TEST

START_TEST(of_a_response_they_are_reversed)
{
	struct dialog_texts got = {0};
	char room[200];
	struct pv_writer w;
	pv_writer_init(&w, room, sizeof(room));
	parsed("SIP/2.0 200 OK",
		"CSeq: 1 INVITE\r\nm: <sip:bob@10.0.0.3>\r\n"
		"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n");
	ck_assert_int_eq(dialog_texts_of_response(&message, &w, &got), 0);
	assert_span(got.routes, "<sip:p3;lr>, <sip:p2;lr>, <sip:p1;lr>");
	assert_span(got.remote_tag, "b");
	assert_span(got.target, "sip:bob@10.0.0.3");
}
END_TEST

START_TEST(without_a_contact_there_is_no_dialog)
{
	static const char *const lines[] = {
		"", "Contact: *\r\n", "Contact: <mailto:a@b>\r\n", "Contact: <sip:%zz\r\n"};
	char room[200], all[200];
	for (unsigned i = 0; i < 4; i++) {
		struct dialog_texts got = {0};
		struct pv_writer w;
		pv_writer_init(&w, room, sizeof(room));
		snprintf(all, sizeof(all), "CSeq: 1 INVITE\r\n%s", lines[i]);
		parsed("INVITE sip:bob@example.test SIP/2.0", all);
		ck_assert_int_eq(dialog_texts_of_request(&message, &w, &got), -1);
	}
}
END_TEST

START_TEST(a_request_is_of_the_dialog_by_call_id_and_both_tags)
{
	struct dialog dialog = begun();
	ck_assert(dialog_has(&dialog, parsed("BYE sip:b SIP/2.0", "CSeq: 2 BYE\r\n")));
	struct dialog_texts other = texts;
	other.remote_tag = PV_SPAN("another");
	ck_assert_int_eq(dialog_store(&pool, &dialog, &other), 0);
	ck_assert(!dialog_has(&dialog, &message));
	other.remote_tag = PV_SPAN(""); /* not known yet */
	ck_assert_int_eq(dialog_store(&pool, &dialog, &other), 0);
	ck_assert(dialog_has(&dialog, &message));
	other.call_id = PV_SPAN("c2");
	ck_assert_int_eq(dialog_store(&pool, &dialog, &other), 0);
	ck_assert(!dialog_has(&dialog, &message));
	end(&dialog);
}
END_TEST

START_TEST(cseq_goes_up)
{
	struct dialog dialog = {0};
	ck_assert(dialog_accept_cseq(&dialog, parsed("INFO sip:b SIP/2.0", "CSeq: 0 INFO\r\n")));
	ck_assert(dialog_accept_cseq(&dialog, parsed("INFO sip:b SIP/2.0", "CSeq: 9 INFO\r\n")));
	ck_assert(!dialog_accept_cseq(&dialog, parsed("BYE sip:b SIP/2.0", "CSeq: 8 BYE\r\n")));
	ck_assert(dialog_accept_cseq(&dialog, parsed("ACK sip:b SIP/2.0", "CSeq: 1 ACK\r\n")));
	ck_assert_uint_eq(dialog.remote_cseq, 9);
}
END_TEST

START_TEST(a_contact_refreshes_the_target)
{
	struct dialog dialog = begun();
	parsed("INVITE sip:b SIP/2.0", "CSeq: 2 INVITE\r\nContact: <sip:new@10.0.0.9>\r\n");
	ck_assert_int_eq(dialog_refresh_target(&pool, &dialog, &message), 0);
	assert_span(dialog_texts(&dialog).target, "sip:new@10.0.0.9");
	assert_span(dialog_texts(&dialog).remote_tag, "a");
	parsed("INVITE sip:b SIP/2.0", "CSeq: 2 INVITE\r\n");
	ck_assert_int_eq(dialog_refresh_target(&pool, &dialog, &message), 0);
	assert_span(dialog_texts(&dialog).target, "sip:new@10.0.0.9");
	end(&dialog);
}
END_TEST

START_TEST(an_address_loses_its_parameters)
{
	char room[200];
	struct pv_writer w;
	pv_writer_init(&w, room, sizeof(room));
	parsed("INVITE sip:b SIP/2.0", "CSeq: 2 INVITE\r\n");
	dialog_put_address(&w, &message.from, PV_SPAN("new"));
	assert_span(pv_writer_span(&w), "\"A\" <sip:alice@example.test;x=y>;tag=new");
	pv_writer_init(&w, room, sizeof(room));
	dialog_put_address(&w, &message.to, PV_SPAN(""));
	assert_span(pv_writer_span(&w), "<sip:bob@example.test>");
}
END_TEST

TEST_MAIN("dialog", texts_are_kept, want_of_memory_changes_nothing,
	of_a_request_the_routes_stand_as_recorded, of_a_response_they_are_reversed,
	without_a_contact_there_is_no_dialog, a_request_is_of_the_dialog_by_call_id_and_both_tags,
	cseq_goes_up, a_contact_refreshes_the_target, an_address_loses_its_parameters)
