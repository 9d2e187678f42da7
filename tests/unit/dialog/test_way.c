/* SPDX-License-Identifier: Apache-2.0 */
/* test_way.c — where a request inside a dialog goes: its own path, its Contact, a name, the next
 * address. */
#include "dialog/way.h"
#include "harness.h"
#include "lib/fake_net.h"

static struct fake_worker fake;
static struct net *net;
static struct dialog dialog;
static unsigned done;

static void on_done(struct resolve *resolve)
{
	done++;
}

static void begin(const char *target)
{
	const struct dialog_texts texts = {.call_id = PV_SPAN("c1"), .target = pv_span_of(target)};
	fake_worker_init(&fake, 1000);
	net = fake_net_new(&fake);
	dialog = (struct dialog){0};
	done = 0;
	ck_assert_int_eq(dialog_store(&fake.worker->buffers, &dialog, &texts), 0);
}

static void end(struct way *way)
{
	way_done(way);
	dialog_done(&fake.worker->buffers, &dialog);
	fake_net_free(net);
	fake_worker_done(&fake);
}

static void assert_path(const struct way *way, const char *expected)
{
	char text[80];
	ck_assert_str_eq(fake_path_text(&way->path, text, sizeof(text)), expected);
}

START_TEST(a_path_of_its_own_comes_first)
{
	struct way way = {0};
	begin("sip:bob@10.0.0.3");
	dialog.has_path = true;
	dialog.path = fake_path("tcp:10.0.0.9:4000/3");
	ck_assert_int_eq(way_find(&way, net, &dialog, on_done), 1);
	assert_path(&way, "tcp:10.0.0.9:4000/3");
	ck_assert(!way_next(&way));
	end(&way);
}
END_TEST

START_TEST(a_contact_leads_there)
{
	struct way way = {0};
	begin("sip:bob@10.0.0.3:5070");
	ck_assert_int_eq(way_find(&way, net, &dialog, on_done), 1);
	assert_path(&way, "10.0.0.3:5070");
	ck_assert(!way_next(&way));
	ck_assert_uint_eq(done, 0);
	end(&way);
}
END_TEST

START_TEST(a_name_has_several_addresses)
{
	const struct path paths[] = {fake_path("10.0.0.3:5060"), fake_path("10.0.0.4:5060")};
	struct way way = {0};
	begin("sip:bob@names.test");
	fake_net_resolve_add(net, "names.test", paths, 2);
	ck_assert_int_eq(way_find(&way, net, &dialog, on_done), 0);
	fake_net_resolve_now(net);
	ck_assert_uint_eq(done, 1);
	ck_assert(way_found(&way));
	assert_path(&way, "10.0.0.3:5060");
	ck_assert(way_next(&way));
	assert_path(&way, "10.0.0.4:5060");
	ck_assert(!way_next(&way));
	end(&way);
}
END_TEST

START_TEST(what_went_by_tcp_for_its_size_goes_by_udp)
{
	struct way way = {0};
	begin("sip:bob@10.0.0.3");
	ck_assert_int_eq(way_find(&way, net, &dialog, on_done), 1);
	ck_assert(net_prefer_stream(net, &way.path, 5000));
	ck_assert(way_next(&way));
	ck_assert_uint_eq(way.path.transport, PV_TRANSPORT_UDP);
	ck_assert(!way_next(&way));
	end(&way);
}
END_TEST

START_TEST(there_is_none)
{
	struct way way = {0};
	begin("sips:bob@10.0.0.3");
	ck_assert_int_lt(way_find(&way, net, &dialog, on_done), 0);
	end(&way);
	begin("nonsense");
	ck_assert_int_lt(way_find(&way, net, &dialog, on_done), 0);
	end(&way);
	begin("sip:bob@nobody.test");
	ck_assert_int_eq(way_find(&way, net, &dialog, on_done), 0);
	fake_net_resolve_now(net);
	ck_assert(!way_found(&way));
	end(&way);
}
END_TEST

START_TEST(nobody_is_told_any_more)
{
	struct way way = {0};
	begin("sip:bob@nobody.test");
	ck_assert_int_eq(way_find(&way, net, &dialog, on_done), 0);
	way_done(&way);
	fake_net_resolve_now(net);
	ck_assert_uint_eq(done, 0);
	end(&way);
}
END_TEST

TEST_MAIN("dialog way", a_path_of_its_own_comes_first, a_contact_leads_there,
	a_name_has_several_addresses, what_went_by_tcp_for_its_size_goes_by_udp, there_is_none,
	nobody_is_told_any_more)
