/* SPDX-License-Identifier: Apache-2.0 */
/* fake_server_ptt.c — the part of the fake server that is about push-to-talk groups. */
#include "lib/fake_server_ptt.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/ptt/private.h"
#include "call/private.h"

#define GROUPS 4
#define NAMES  8
#define NAME   24

static const struct siphash_key group_tag_key = {11, 12}, group_key = {13, 14};

/* What one "group" line said. */
struct fake_group_config {
	bool is_there;
	char name[NAME], names[3][NAMES][NAME];
	const char *items[2][NAMES];
	struct ptt_member_config members[NAMES];
};

/* The texts of a set live as long as the set: each reload has its own. */
struct fake_groups {
	struct fake_group_config configs[GROUPS];
	struct ptt_group_config list[GROUPS];
	struct ptt_groups *made;
	/* of a set that comes later */
	struct worker_task task;
	struct fake_server *server;
};

/* ---- groups ---- */

static unsigned split(const char *text, char names[NAMES][NAME])
{
	char copy[160], *rest = NULL;
	unsigned count = 0;
	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	for (char *name = strtok_r(copy, ",", &rest); name && count < NAMES;
		name = strtok_r(NULL, ",", &rest))
		snprintf(names[count++], NAME, "%s", name);
	return count;
}

static struct ptt_names list_of(struct fake_group_config *config, unsigned which, const char *text)
{
	unsigned count = split(text, config->names[1 + which]);
	for (unsigned i = 0; i < count; i++)
		config->items[which][i] = config->names[1 + which][i];
	return (struct ptt_names){config->items[which], count};
}

static uint32_t triggers_of(const char *text)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} rows[] = {
		{"dtmf", PTT_TRIGGER_DTMF},
		{"info", PTT_TRIGGER_INFO},
		{"rtcp", PTT_TRIGGER_RTCP},
		{"message", PTT_TRIGGER_MESSAGE},
		{"api", PTT_TRIGGER_API},
		{"hold", PTT_TRIGGER_HOLD},
		{"vox", PTT_TRIGGER_VOX},
	};
	uint32_t bits = 0;
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++)
		if (text ? strstr(text, rows[i].name) != NULL : rows[i].bit != PTT_TRIGGER_VOX)
			bits |= rows[i].bit;
	return bits;
}

static unsigned number_of(unsigned count, char **words, const char *key, unsigned fallback)
{
	const char *value = scenario_value(count, words, key);
	return value ? (unsigned)atoi(value) : fallback;
}

static void fill_codecs(const char *text, struct ptt_group_config *ret)
{
	char names[NAMES][NAME];
	unsigned count = split(text ? text : "PCMU,PCMA,G722", names);
	for (unsigned i = 0; i < count && ret->codec_count < PTT_CODECS_MAX; i++)
		for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++)
			if (pv_span_equal_nocase(
				    codec_row((enum codec_id)codec)->name, pv_span_of(names[i])))
				ret->codecs[ret->codec_count++] = (uint8_t)codec;
}

static void fill_group(struct fake_group_config *config, struct ptt_group_config *ret,
	unsigned count, char **words)
{
	const char *members = scenario_value(count, words, "members");
	const char *floor = scenario_value(count, words, "floor");
	unsigned member_count = split(members ? members : "alice,bob,carol", config->names[0]);
	snprintf(config->name, sizeof(config->name), "%s", words[1]);
	config->is_there = true;
	for (unsigned i = 0; i < member_count; i++)
		config->members[i] =
			(struct ptt_member_config){.name = pv_span_of(config->names[0][i]),
				.priority = (int)number_of(count, words, "priority", 3)};
	*ret = (struct ptt_group_config){
		.name = pv_span_of(config->name),
		.display = PV_SPAN("The Group"),
		.members = config->members,
		.member_count = member_count,
		.is_open = floor && strcmp(floor, "open") == 0,
		.talkers = 1,
		.triggers = triggers_of(scenario_value(count, words, "triggers")),
		.key_request = '*',
		.key_release = '#',
		.max_talk_ms = 30000,
		.queue = number_of(count, words, "queue", 8),
		.listen_only = list_of(config, 0, scenario_value(count, words, "listen")),
		.call_out = list_of(config, 1, scenario_value(count, words, "call_out")),
		.broadcast = scenario_value(count, words, "broadcast"),
		.legs = number_of(count, words, "legs", 1),
		.max_members = number_of(count, words, "max", 0),
		.max_duration_ms = 1000 * number_of(count, words, "duration", 600),
	};
	fill_codecs(scenario_value(count, words, "codecs"), ret);
}

/* The old set is let go of when the new one is in force, as after a reload. */
static void put_in_force(struct fake_server *server, struct fake_groups *next)
{
	struct ptt_group_config in_force[GROUPS];
	struct fake_groups *before = server->groups;
	unsigned count = 0;
	for (unsigned i = 0; i < GROUPS; i++)
		if (next->configs[i].is_there)
			in_force[count++] = next->list[i];
	ck_assert_int_eq(ptt_groups_new(&next->made, &group_key, in_force, count), 0);
	server->groups = next;
	server->ptt_config.groups = next->made;
	ptt_configure(server->ptt, &server->ptt_config, server->own);
	if (before)
		ptt_groups_free(before->made);
	free(before);
}

/* A text that pointed into the old set points to the same place of the new one. */
static struct pv_span moved(struct pv_span text, const void *from, const void *to)
{
	return (struct pv_span){(const char *)to + (text.at - (const char *)from), text.length};
}

static void copy_group(const struct fake_groups *from, struct fake_groups *to, unsigned index)
{
	struct fake_group_config *config = &to->configs[index];
	struct ptt_group_config *group = &to->list[index];
	*config = from->configs[index];
	*group = from->list[index];
	if (!config->is_there)
		return;
	const void *before = &from->configs[index];
	group->name = moved(group->name, before, config);
	group->members = config->members;
	for (unsigned i = 0; i < group->member_count; i++)
		config->members[i].name = moved(config->members[i].name, before, config);
	for (unsigned list = 0; list < 2; list++)
		for (unsigned i = 0; i < NAMES; i++)
			config->items[list][i] = config->names[1 + list][i];
	group->listen_only.item = config->items[0];
	group->call_out.item = config->items[1];
}

static void reload(struct worker *worker, struct worker_task *task)
{
	struct fake_groups *next = container_of(task, struct fake_groups, task);
	put_in_force(next->server, next);
}

/* The roster is asked: its answer comes behind the reload. */
static void on_open(void *context)
{
	struct fake_server *server = context;
	struct fake_groups *next = server->groups_later;
	server->groups_later = NULL;
	if (!next)
		return;
	next->server = server;
	next->task.mail.kind = MAIL_TASK;
	next->task.run = reload;
	worker_post(server->scenario.worker.worker, &next->task.mail);
}

static bool set_group(struct fake_server *server, unsigned count, char **words, bool is_gone)
{
	struct fake_groups *next = calloc(1, sizeof(*next));
	unsigned place = 0;
	for (unsigned i = 0; server->groups && i < GROUPS; i++)
		copy_group(server->groups, next, i);
	while (place < GROUPS - 1 && next->configs[place].is_there &&
		strcmp(next->configs[place].name, words[1]) != 0)
		place++;
	memset(&next->configs[place], 0, sizeof(next->configs[place]));
	if (!is_gone)
		fill_group(&next->configs[place], &next->list[place], count, words);
	if (!scenario_value(count, words, "when"))
		put_in_force(server, next);
	else if (server->groups_later)
		free(next);
	else
		server->groups_later = next;
	return true;
}

/* ---- what media were told ---- */

static bool must_be(
	const struct fake_server *server, const char *what, unsigned is, const char *expected)
{
	if (!server->scenario.lenient)
		ck_assert_msg(is == (unsigned)atoi(expected), "%s line %u: %u %s",
			server->scenario.name, server->scenario.line, is, what);
	return true;
}

static void must_read(const struct fake_server *server, unsigned count, char **words,
	const char *key, const char *is)
{
	const char *expected = scenario_value(count, words, key);
	if (expected)
		ck_assert_msg(strcmp(expected, is) == 0, "%s line %u: %s is %s",
			server->scenario.name, server->scenario.line, key, is);
}

static const char *target_text(const struct media_address *rtp, char text[NET_ADDRESS_TEXT])
{
	struct pv_writer w;
	pv_writer_init(&w, text, NET_ADDRESS_TEXT - 1);
	media_address_write(rtp, &w);
	text[pv_writer_length(&w)] = 0;
	return text;
}

static const char *coding_text(const struct media_coding *coding, char text[64])
{
	struct pv_span name = codec_row((enum codec_id)coding->codec)->name;
	int length = snprintf(text, 64, "%.*s:%u:%u", PV_SPAN_PRINT(name), coding->gets.voice,
		coding->gets.events);
	if (memcmp(&coding->sends, &coding->gets, sizeof(coding->sends)) != 0)
		snprintf(text + length, 64 - (size_t)length, "<%u:%u", coding->sends.voice,
			coding->sends.events);
	return text;
}

static const char *terms_text(const struct media_floor_terms *terms, char text[64])
{
	snprintf(text, 64, "%s%u%s%s", terms->may_queue ? "queueing," : "", terms->priority,
		terms->is_request ? ",request" : "", terms->wants_granted ? ",granted" : "");
	return text;
}

static bool check_member(struct fake_server *server, unsigned count, char **words)
{
	const struct fake_member *member =
		fake_media_member(&server->media, (unsigned)atoi(words[1]));
	char text[NET_ADDRESS_TEXT], coding[64], number[16];
	if (server->scenario.lenient)
		return true;
	ck_assert_msg(member && member->is_set, "%s line %u: there is no member %s",
		server->scenario.name, server->scenario.line, words[1]);
	const struct media_member_description *said = &member->said;
	must_read(server, count, words, "rtp", target_text(&said->audio.rtp, text));
	must_read(server, count, words, "floor", target_text(&said->floor.rtp, text));
	must_read(server, count, words, "codec", coding_text(&said->audio.coding, coding));
	must_read(server, count, words, "sends", said->sends ? "yes" : "no");
	must_read(server, count, words, "receives", said->receives ? "yes" : "no");
	must_read(server, count, words, "talks", said->may_talk ? "yes" : "no");
	must_read(server, count, words, "emergency", said->may_declare_emergency ? "yes" : "no");
	must_read(server, count, words, "muted", said->is_muted ? "yes" : "no");
	must_read(server, count, words, "blind", said->audio.is_blind ? "yes" : "no");
	must_read(server, count, words, "known",
		media_address_is_none(&said->audio.signalling) ? "no" : "yes");
	must_read(server, count, words, "identity", said->identity);
	must_read(server, count, words, "terms", terms_text(&said->terms, coding));
	snprintf(number, sizeof(number), "%u", said->priority);
	must_read(server, count, words, "priority", number);
	snprintf(number, sizeof(number), "%u", said->level_extension);
	must_read(server, count, words, "level", number);
	snprintf(number, sizeof(number), "%u", member->changes);
	must_read(server, count, words, "changes", number);
	return true;
}

static uint64_t tag_of(struct fake_server *server, const char *name)
{
	char identity[64];
	snprintf(identity, sizeof(identity), "sip:%s@example.test", name);
	for (unsigned i = 0; i < FAKE_MEMBERS; i++)
		if (server->media.members[i].id &&
			strcmp(server->media.members[i].identity, identity) == 0)
			return server->media.members[i].said.tag;
	return 0;
}

/* talk NAME|none [and=NAME] [wait=NAME] [emergency=NAME|dispatcher] */
static bool set_floor(struct fake_server *server, unsigned count, char **words)
{
	struct fake_group *group = fake_media_group(&server->media);
	const char *waits = scenario_value(count, words, "wait");
	const char *other = scenario_value(count, words, "and");
	if (!group)
		return server->scenario.lenient;
	group->report = (struct media_group_report){.group = group->id};
	if (strcmp(words[1], "none") != 0)
		group->report.talkers[group->report.talker_count++].tag = tag_of(server, words[1]);
	const char *emergency = scenario_value(count, words, "emergency");
	group->report.is_emergency = emergency != NULL;
	group->report.emergency_tag = emergency ? tag_of(server, emergency) : 0;
	if (other)
		group->report.talkers[group->report.talker_count++].tag = tag_of(server, other);
	if (waits)
		group->report.waiting[group->report.waiting_count++].tag = tag_of(server, waits);
	fake_media_group_tell(&server->media, MEDIA_GROUP_TOLD_FLOOR);
	return true;
}

static bool answer(struct fake_server *server, unsigned count, char **words)
{
	static const char *const outcomes[] = {
		"granted", "queued", "denied", "released", "revoked", "ignored"};
	const char *talker = scenario_value(count, words, "talker");
	struct media_answer a = {.number = server->media.pressed.number,
		.trigger = server->media.pressed.trigger,
		.position = (uint16_t)number_of(count, words, "position", 0),
		.cause = (uint16_t)number_of(count, words, "cause", 0),
		.talker_tag = talker ? 1 : 0};
	for (unsigned i = 0; i < ARRAY_LENGTH(outcomes); i++)
		if (strcmp(outcomes[i], words[2]) == 0)
			a.outcome = (uint8_t)i;
	snprintf(a.talker, sizeof(a.talker), "%s", talker ? talker : "");
	if (scenario_value(count, words, "later")) /* of a floor that he has, or waits for */
		a.number = 0;
	if (scenario_value(count, words, "by")) /* the INVITE itself */
		a.trigger = MEDIA_TRIGGER_RTCP;
	fake_media_answer(&server->media, (unsigned)atoi(words[1]), &a);
	return true;
}

static bool tell(struct fake_server *server, char **words)
{
	uint32_t told = strcmp(words[2], "silent") == 0   ? MEDIA_TOLD_SILENT
			: strcmp(words[2], "closed") == 0 ? MEDIA_TOLD_CLOSED
							  : MEDIA_TOLD_AGAIN;
	fake_media_member_tell(&server->media, (unsigned)atoi(words[1]), told);
	return true;
}

/* "? press 0 key * 2", "? press 0 request 16777217" */
static void on_press(void *context, unsigned member, const struct media_press *press)
{
	static const char *const buttons[MEDIA_BUTTON_COUNT] = {
		[MEDIA_BUTTON_KEY] = "key",
		[MEDIA_BUTTON_REQUEST] = "request",
		[MEDIA_BUTTON_RELEASE] = "release",
		[MEDIA_BUTTON_GRANT] = "grant",
		[MEDIA_BUTTON_REVOKE] = "revoke",
		[MEDIA_BUTTON_EMERGENCY] = "emergency",
		[MEDIA_BUTTON_DECLARE] = "declare",
		[MEDIA_BUTTON_CLEAR] = "clear",
		[MEDIA_BUTTON_ASK] = "ask",
	};
	struct fake_server *server = context;
	if (press->key)
		scenario_told(&server->scenario, "press %u %s %c", member, buttons[press->button],
			press->key);
	else
		scenario_told(&server->scenario, "press %u %s", member, buttons[press->button]);
}

/* ---- the control interface's, without its threads ---- */

static bool act(struct fake_server *server, char **words)
{
	struct ptt *p = server->ptt;
	struct ptt_room *room = room_find(p, ptt_group_id(&group_key, pv_span_of(words[2])));
	struct ptt_member *member =
		room ? room_member(p, room, ptt_name_hash(p, pv_span_of(words[3])), NULL) : NULL;
	const struct media_press press = {.trigger = MEDIA_TRIGGER_API,
		.button =
			strcmp(words[1], "grant") == 0 ? MEDIA_BUTTON_GRANT : MEDIA_BUTTON_REVOKE};
	if (!member)
		return server->scenario.lenient;
	if (strcmp(words[1], "kick") == 0) {
		member_end(p, member, CALL_REMOVED);
	} else if (strcmp(words[1], "mute") == 0) {
		rights_mute(p, room, ptt_name_hash(p, pv_span_of(words[3])), true);
	} else {
		member_press(p, member, &press, NULL);
	}
	fake_worker_run(&server->scenario.worker);
	return true;
}

/* ---- commands ---- */

bool fake_server_ptt_command(struct fake_server *server, unsigned count, char **words)
{
	const char *word = words[0];
	if (strcmp(word, "group") == 0 && count > 1)
		return set_group(server, count, words, false);
	if (strcmp(word, "ungroup") == 0 && count > 1)
		return set_group(server, count, words, true);
	if (strcmp(word, "ptt") == 0) {
		server->ptt_config.session_expires_s = number_of(count, words, "sessions", 0);
		ptt_configure(server->ptt, &server->ptt_config, server->own);
		return true;
	}
	if (strcmp(word, "member") == 0 && count > 1)
		return check_member(server, count, words);
	if (strcmp(word, "members") == 0 && count == 2)
		return must_be(server, "members", fake_media_members(&server->media), words[1]);
	if (strcmp(word, "rooms") == 0 && count == 2)
		return must_be(server, "rooms", ptt_counts(server->ptt).rooms, words[1]);
	if (strcmp(word, "called") == 0 && count == 2)
		return must_be(server, "called",
			(unsigned)(metrics_sum(METRIC_ptt_called_out) - server->called_before),
			words[1]);
	if (strcmp(word, "memberports") == 0 && count == 2) {
		server->media.member_limit = (unsigned)atoi(words[1]);
		return true;
	}
	if (strcmp(word, "talk") == 0 && count > 1)
		return set_floor(server, count, words);
	if (strcmp(word, "answer") == 0 && count > 2)
		return answer(server, count, words);
	if (strcmp(word, "tell") == 0 && count == 3)
		return tell(server, words);
	if (strcmp(word, "idle") == 0) {
		fake_media_group_tell(&server->media, MEDIA_GROUP_TOLD_IDLE);
		return true;
	}
	return strcmp(word, "act") == 0 && count == 4 && act(server, words);
}

/* ---- life ---- */

void fake_server_ptt_init(struct fake_server *server)
{
	struct scenario *s = &server->scenario;
	const struct ptt_floors at = {.worker = s->worker.worker,
		.net = s->net,
		.transactions = server->transactions,
		.proxy = server->proxy,
		.calls = server->calls,
		.media = &server->media,
		.registry = server->registry,
		.auth = server->auth,
		.domains = server->own,
		.peers = &server->ptt,
		.tag_key = &group_tag_key,
		.group_key = &group_key};
	server->ptt_config = (struct ptt_config){
		.legs = 64, .rooms = 8, .t1 = 500, .t2 = 4000, .retry_after_s = 5};
	server->called_before = metrics_sum(METRIC_ptt_called_out);
	server->media.on_press = on_press;
	server->media.on_open = on_open;
	server->media.press_context = server;
	ck_assert_int_eq(ptt_new(&server->ptt, &server->ptt_config, &at), 0);
}

void fake_server_ptt_done(struct fake_server *server)
{
	ptt_free(server->ptt);
	if (server->groups)
		ptt_groups_free(server->groups->made);
	free(server->groups);
	free(server->groups_later);
}
