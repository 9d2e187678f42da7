/* SPDX-License-Identifier: Apache-2.0 */
/* test_route_token.c — what is written comes back, and nothing else does. */
#include "proxy/route_token.h"

#include "lib/testing.h"

static const struct siphash_key key = {1, 2}, other_key = {3, 4};
static char text[ROUTE_TOKEN_MAX];

/* A call of alice to bob; who has no tag yet is of a dialog that does not exist yet. */
static struct route_dialog a_call(void)
{
	return (struct route_dialog){
		.call_id = PV_SPAN("call-1"),
		.caller = {PV_SPAN("sip:alice@example.test"), PV_SPAN("a")},
		.callee = {PV_SPAN("sip:bob@example.test"), PV_SPAN("b")},
	};
}

static struct route_end end_at(
	const char *ip, uint16_t port, enum pv_transport transport, uint64_t flow)
{
	struct route_end end = {.has_path = true,
		.path = {.transport = (uint8_t)transport, .listener = 3, .flow = flow}};
	ck_assert(net_address_parse(pv_span_of(ip), port, &end.path.peer));
	return end;
}

static struct pv_span written(const struct route_token *token)
{
	const struct route_dialog dialog = a_call();
	struct route_proof proof;
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	route_proof_init(&proof, &key, route_dialog_hash(&key, &dialog), dialog.callee.tag);
	route_token_write(&proof, token, &w);
	ck_assert(!w.overflow);
	return pv_writer_span(&w);
}

static bool is_read(const struct siphash_key *by, struct pv_span user,
	const struct route_dialog *dialog, struct route_token *ret)
{
	struct route_proof proof;
	route_proof_init(&proof, by, route_dialog_hash(by, dialog), dialog->callee.tag);
	return route_token_read(&proof, user, ret);
}

static struct route_token a_token(enum route_holder holder)
{
	return (struct route_token){.holder = holder,
		.minute = 0x123456,
		.caller = {.hop = 0xcafe0001},
		.callee = {.hop = 0xcafe0002}};
}

START_TEST(a_bare_token_is_short_and_comes_back)
{
	const struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLEE), back;
	struct pv_span user = written(&token);
	ck_assert_uint_eq(user.length, 29);
	ck_assert_int_eq(route_token_holder(user), ROUTE_CALLEE);
	ck_assert(is_read(&key, user, &dialog, &back));
	ck_assert_int_eq(back.holder, ROUTE_CALLEE);
	ck_assert_uint_eq(back.minute, 0x123456);
	ck_assert(!back.caller.has_path && !back.callee.has_path);
	ck_assert_uint_eq(back.caller.hop, 0xcafe0001);
	ck_assert_uint_eq(back.callee.hop, 0xcafe0002);
}
END_TEST

START_TEST(the_callers_token_says_where_the_callee_is_alone)
{
	const struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLER), back;
	token.caller = end_at("192.0.2.9", 40000, PV_TRANSPORT_UDP, 0);
	struct pv_span user = written(&token);
	ck_assert_uint_eq(user.length, 24);
	ck_assert_int_eq(route_token_holder(user), ROUTE_CALLER);
	ck_assert(is_read(&key, user, &dialog, &back));
	ck_assert_int_eq(back.holder, ROUTE_CALLER);
	ck_assert(!back.caller.has_path);
	ck_assert_uint_eq(back.callee.hop, 0xcafe0002);
}
END_TEST

START_TEST(both_paths_come_back)
{
	const struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLEE), back;
	token.caller = end_at("2001:db8::7", 5061, PV_TRANSPORT_TCP, 0x0100000200000003);
	token.callee = end_at("192.0.2.9", 40000, PV_TRANSPORT_UDP, 0);
	struct pv_span user = written(&token);
	ck_assert(is_read(&key, user, &dialog, &back));
	ck_assert(back.caller.has_path && back.callee.has_path);
	ck_assert(net_address_equal(&back.caller.path.peer, &token.caller.path.peer));
	ck_assert_uint_eq(back.caller.path.flow, token.caller.path.flow);
	ck_assert_uint_eq(back.caller.path.transport, PV_TRANSPORT_TCP);
	ck_assert(net_address_equal(&back.callee.path.peer, &token.callee.path.peer));
	ck_assert_uint_eq(back.callee.path.listener, 3);
	ck_assert_uint_eq(back.callee.path.flow, 0);
}
END_TEST

START_TEST(the_longest_token_fits)
{
	struct route_token token = a_token(ROUTE_CALLEE);
	token.caller = end_at("2001:db8::7", 65535, PV_TRANSPORT_TCP, UINT64_MAX);
	token.callee = token.caller;
	ck_assert_uint_le(written(&token).length, ROUTE_TOKEN_MAX);
}
END_TEST

/* Each part of the dialog in turn is another's. */
static const struct {
	size_t part;
	struct pv_span value;
	bool callee_may; /* its own tag is not known when its token is made */
} foreign[] = {
	{offsetof(struct route_dialog, call_id), PV_SPAN_INIT("call-2"), false},
	{offsetof(struct route_dialog, caller.uri), PV_SPAN_INIT("sip:carol@example.test"), false},
	{offsetof(struct route_dialog, caller.uri), PV_SPAN_INIT("sip:alice@example.test:9"),
		false},
	{offsetof(struct route_dialog, caller.uri), PV_SPAN_INIT("tel:+34911234567"), false},
	{offsetof(struct route_dialog, caller.tag), PV_SPAN_INIT("b"), false},
	{offsetof(struct route_dialog, callee.uri), PV_SPAN_INIT("sip:bob@elsewhere.test"), false},
	{offsetof(struct route_dialog, callee.tag), PV_SPAN_INIT("other"), true},
};

START_TEST(another_dialog_or_key_is_not_believed)
{
	for (enum route_holder holder = ROUTE_CALLEE; holder <= ROUTE_CALLER; holder++) {
		struct route_dialog dialog = a_call();
		struct route_token token = a_token(holder), back;
		struct pv_span user = written(&token);
		ck_assert(!is_read(&other_key, user, &dialog, &back));
		for (size_t i = 0; i < ARRAY_LENGTH(foreign); i++) {
			dialog = a_call();
			memcpy((char *)&dialog + foreign[i].part, &foreign[i].value,
				sizeof(foreign[i].value));
			ck_assert_msg(is_read(&key, user, &dialog, &back) ==
					      (foreign[i].callee_may && holder == ROUTE_CALLEE),
				"holder %d, row %zu", holder, i);
		}
	}
}
END_TEST

/* Names that do not fit where they are hashed together count to their last byte, too; and where one
 * ends and the next begins is no matter of taste. */
START_TEST(long_names_and_their_borders_count)
{
	struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLEE), back;
	char name[600];
	struct pv_writer w;
	memset(name, 'x', sizeof(name));
	for (size_t length = 100; length <= sizeof(name); length += 20) {
		struct route_proof proof;
		dialog = a_call();
		dialog.call_id = (struct pv_span){name, length};
		pv_writer_init(&w, text, sizeof(text));
		route_proof_init(&proof, &key, route_dialog_hash(&key, &dialog), dialog.callee.tag);
		route_token_write(&proof, &token, &w);
		ck_assert(is_read(&key, pv_writer_span(&w), &dialog, &back));
		name[length - 1] = 'y';
		ck_assert(!is_read(&key, pv_writer_span(&w), &dialog, &back));
		name[length - 1] = 'x';
		dialog.call_id.length--;
		ck_assert(!is_read(&key, pv_writer_span(&w), &dialog, &back));
	}
	struct route_dialog moved = dialog = a_call();
	dialog.call_id = PV_SPAN("ab");
	dialog.caller.tag = PV_SPAN("c");
	moved.call_id = PV_SPAN("a");
	moved.caller.tag = PV_SPAN("bc");
	ck_assert_uint_ne(route_dialog_hash(&key, &dialog), route_dialog_hash(&key, &moved));
}
END_TEST

START_TEST(another_spelling_of_the_same_ends_is_believed)
{
	struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLER), back;
	struct pv_span user = written(&token);
	dialog.caller.uri = PV_SPAN("sip:%61lice@EXAMPLE.test:5060;transport=udp");
	dialog.callee.uri = PV_SPAN("sip:bob@example.test;user=phone");
	ck_assert(is_read(&key, user, &dialog, &back));
}
END_TEST

START_TEST(no_changed_character_is_believed)
{
	const struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLEE), back;
	token.callee = end_at("192.0.2.9", 40000, PV_TRANSPORT_UDP, 0);
	struct pv_span user = written(&token);
	for (size_t i = 0; i < user.length; i++) {
		char was = text[i];
		for (int c = 1; c < 128; c++) {
			text[i] = (char)c;
			ck_assert_msg(c == was || !is_read(&key, user, &dialog, &back),
				"character %zu: %d", i, c);
		}
		text[i] = was;
	}
	ck_assert(is_read(&key, user, &dialog, &back));
}
END_TEST

START_TEST(no_shorter_or_longer_text_is_believed)
{
	const struct route_dialog dialog = a_call();
	struct route_token token = a_token(ROUTE_CALLEE), back;
	struct pv_span user = written(&token);
	for (size_t length = 0; length < user.length; length++)
		ck_assert(!is_read(&key, (struct pv_span){user.at, length}, &dialog, &back));
	memset(text + user.length, 'A', sizeof(text) - user.length);
	for (size_t length = user.length + 1; length <= sizeof(text); length++)
		ck_assert(!is_read(&key, (struct pv_span){user.at, length}, &dialog, &back));
}
END_TEST

START_TEST(what_has_not_the_shape_is_nobodys)
{
	ck_assert_int_eq(route_token_holder(PV_SPAN("")), ROUTE_NOBODY);
	ck_assert_int_eq(route_token_holder(PV_SPAN("pv")), ROUTE_NOBODY);
	ck_assert_int_eq(route_token_holder(PV_SPAN("pv_A")), ROUTE_NOBODY);
	ck_assert_int_eq(route_token_holder(PV_SPAN("alice")), ROUTE_NOBODY);
	ck_assert_int_eq(route_token_holder((struct pv_span){NULL, 0}), ROUTE_NOBODY);
}
END_TEST

TEST_MAIN("route_token", a_bare_token_is_short_and_comes_back,
	the_callers_token_says_where_the_callee_is_alone, both_paths_come_back,
	the_longest_token_fits, another_dialog_or_key_is_not_believed,
	long_names_and_their_borders_count, another_spelling_of_the_same_ends_is_believed,
	no_changed_character_is_believed, no_shorter_or_longer_text_is_believed,
	what_has_not_the_shape_is_nobodys)
