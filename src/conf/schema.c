/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c — every key of the configuration, one row each; rows of a group follow the group's row.
 */
#include "conf/schema.h"

#include "conf/config.h"

#define AT(field)          offsetof(struct config, field)
#define USER(field)        offsetof(struct config_user, field)
#define GROUP(field)       offsetof(struct config_group, field)
#define MEMBER(field)      offsetof(struct config_member, field)
#define ROUTE(field)       offsetof(struct config_route, field)
#define TRUNK(field)       offsetof(struct config_trunk, field)
#define BETWEEN(low, high) .least = (low), .most = (high)
#define US                 *1u
#define MS                 *1u
#define S                  *1000u
#define MIN                *60000u
#define H                  *3600000u
#define K                  *1024u
#define M                  *1048576u
#define RELOAD             SCHEMA_RELOAD
#define LATER              SCHEMA_LATER
#define ANY_CASE           SCHEMA_ANY_CASE
#define REQUIRED           SCHEMA_REQUIRED
#define SECRET             SCHEMA_SECRET
#define WORDS(...)                     \
	.words = (const char *const[]) \
	{                              \
		__VA_ARGS__, NULL      \
	}
#define NAME_LENGTH BETWEEN(1, 128)

static const struct schema_list user_list = {sizeof(struct config_user), AT(user_count), NULL,
	"{ name = \"alice\"; password = \"…\"; display = \"Alice\"; priority = 5; }"};
static const struct schema_list group_list = {sizeof(struct config_group), AT(group_count), NULL,
	"{ name = \"ops\"; members = ( \"*\" ); max_talk = \"30s\"; }"};
static const struct schema_list member_list = {
	sizeof(struct config_member), GROUP(member_count), "name", NULL};
static const struct schema_list route_list = {sizeof(struct config_route), AT(route_count), NULL,
	"{ match = { prefix = \"00\"; method = \"INVITE\"; }; trunk = \"carrier\"; }"};
static const struct schema_list trunk_list = {sizeof(struct config_trunk), AT(trunk_count), NULL,
	"{ name = \"carrier\"; uri = \"sip:sip.carrier.example\"; user = \"…\"; password = \"…\"; "
	"}"};
static const struct schema_list listen_list = {
	sizeof(struct config_listen), AT(listen_count), NULL, NULL};

/* Encoding names, which are compared without case (RFC 4855). */
static const char *const codec_words[] = {[CONFIG_CODEC_PCMU] = "PCMU",
	[CONFIG_CODEC_PCMA] = "PCMA",
	[CONFIG_CODEC_OPUS] = "opus",
	[CONFIG_CODEC_G722] = "G722",
	NULL};
static const char *const trigger_words[] = {[CONFIG_TRIGGER_DTMF] = "dtmf",
	[CONFIG_TRIGGER_INFO] = "info",
	[CONFIG_TRIGGER_RTCP] = "rtcp",
	[CONFIG_TRIGGER_MESSAGE] = "message",
	[CONFIG_TRIGGER_API] = "api",
	[CONFIG_TRIGGER_VOX] = "vox",
	[CONFIG_TRIGGER_MUTE] = "mute",
	[CONFIG_TRIGGER_HOLD] = "hold",
	[CONFIG_TRIGGER_ED137] = "ed137",
	NULL};

/* clang-format off */
const struct schema_key schema[] = {
	{"domain", SCHEMA_STRINGS, .offset = AT(domains), .flags = RELOAD, .initial = "\"localhost\"", BETWEEN(1, 32),
		.doc = "Realm and address-of-record domain; an array for several, the first is the realm. Hosts "
		       "compare without case. The addresses that the server listens on count as its domain too, and "
		       "a port that it listens on is not part of the address-of-record. When a reload changes the first, "
		       "phones register anew under it, and a ha1 made for the old realm is useless."},
	{"listen", SCHEMA_LISTEN, .offset = AT(listen), .list = &listen_list,
		.initial = "[ \"udp:0.0.0.0:5060\", \"tcp:0.0.0.0:5060\" ]", BETWEEN(1, 16),
		.doc = "Addresses to listen on, \"TRANSPORT:ADDRESS:PORT\"; IPv6 in brackets, \"tcp:[::1]:5060\". "
		       "Transports are udp and tcp; tls, ws and wss are not built yet and are refused."},
	{"public_address", SCHEMA_ADDRESS, .offset = AT(public_address), .initial = "\"auto\"",
		.doc = "The address that the outside sees. \"auto\" takes the source address of the route to the "
		       "peer; behind a static NAT write the outer address, \"203.0.113.5\"."},
	{"workers", SCHEMA_INTEGER, .offset = AT(workers), .initial = "0", BETWEEN(0, 63),
		.doc = "SIP worker threads; 0 starts one per usable core."},
	{"steering", SCHEMA_ENUM, .offset = AT(steering), .initial = "\"off\"", WORDS("auto", "off"),
		.doc = "Whether a program in the kernel gives each datagram to the worker that its Call-ID or our branch names, "
		       "where there are several: \"auto\" tries and says in the log if it may not (CAP_BPF, Linux 5.17). "
		       "Otherwise workers pass messages on among themselves, which takes a little less CPU as long as one "
		       "worker can read all that a single source sends."},
	{"run_as", SCHEMA_STRING, .offset = AT(run_as), BETWEEN(0, 64), .initial = "\"\"",
		.doc = "User to become after the addresses are bound, \"portavoz\" or \"portavoz:group\". Only root can; "
		       "empty stays who started it."},
	{"drain_timeout", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(drain_timeout_ms), .flags = RELOAD,
		.initial = "\"3s\"", BETWEEN(0, 1 H),
		.doc = "How long SIGTERM waits for transactions that have no final response yet. What is open then is "
		       "answered with 503, and phones that ring are cancelled."},

	{"users", SCHEMA_LIST, .offset = AT(users), .list = &user_list, .flags = RELOAD,
		.doc = "Who may register and call. For thousands of users take users_file."},
	{"users[].name", SCHEMA_STRING, .offset = USER(name), .flags = RELOAD | REQUIRED, NAME_LENGTH,
		.doc = "The user part of the address, and the user name of the digest. Case matters."},
	{"users[].password", SCHEMA_STRING, .offset = USER(password), .flags = RELOAD | SECRET, BETWEEN(1, 256),
		.doc = "The password in clear. Leave it out where a ha1 is given."},
	{"users[].ha1_md5", SCHEMA_STRING, .offset = USER(ha1_md5), .flags = RELOAD | SECRET, BETWEEN(32, 32),
		.doc = "MD5 of \"name:realm:password\" in hexadecimal, in place of the password."},
	{"users[].ha1_sha256", SCHEMA_STRING, .offset = USER(ha1_sha256), .flags = RELOAD | SECRET,
		BETWEEN(64, 64), .doc = "SHA-256 of \"name:realm:password\" in hexadecimal, in place of the password."},
	{"users[].display", SCHEMA_STRING, .offset = USER(display), .flags = RELOAD, BETWEEN(1, 128),
		.doc = "A name for people."},
	{"users[].priority", SCHEMA_INTEGER, .offset = USER(priority), .flags = RELOAD, .initial = "0",
		BETWEEN(0, 255),
		.doc = "Floor priority, 255 the highest; used by every button that carries no priority of its own."},
	{"users_file", SCHEMA_PATH, .offset = AT(users_file), .flags = RELOAD, .initial = "\"\"",
		.doc = "CSV whose first line names the columns, name,password[,display,priority], or ha1_md5 and "
		       "ha1_sha256 columns instead of the password."},

	{"auth", SCHEMA_GROUP, .flags = RELOAD, .doc = "Who must prove who he is, and how."},
	{"auth.challenge", SCHEMA_ENUM, .offset = AT(auth.challenge), .flags = RELOAD, .initial = "\"all\"",
		WORDS("all", "register", "none"),
		.doc = "Which initial requests of local users are challenged: all of them, only REGISTER, or none. With "
		       "\"register\" a caller is who its From says when the request comes from one of that user's bindings. "
		       "\"none\" trusts everyone and lets any user name register: closed test nets only."},
	{"auth.algorithms", SCHEMA_WORDS, .offset = AT(auth.algorithms), .flags = RELOAD,
		.initial = "[ \"SHA-256\", \"MD5\" ]", BETWEEN(1, 3), WORDS("MD5", "SHA-256", "SHA-512-256"),
		.doc = "Digest algorithms that are offered, the most wanted first."},
	{"auth.nonce_lifetime", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(auth.nonce_lifetime_ms),
		.flags = RELOAD, .initial = "\"5m\"", BETWEEN(1 S, 24 H),
		.doc = "How long a nonce is good; after it the answer is a new challenge with stale=true."},
	{"auth.strangers", SCHEMA_ENUM, .offset = AT(auth.strangers), .flags = RELOAD, .initial = "\"reject\"",
		WORDS("reject", "users"),
		.doc = "Whether unauthenticated outsiders may call local users: \"reject\" no, \"users\" yes. They never "
		       "reach anything else."},

	{"registrar", SCHEMA_GROUP, .doc = "The location service."},
	{"registrar.capacity", SCHEMA_INTEGER, .offset = AT(registrar.capacity), .initial = "1000000",
		BETWEEN(16, 50000000),
		.doc = "Registered users that there is room for. Address space is reserved, memory is touched only as used."},
	{"registrar.max_contacts", SCHEMA_INTEGER, .offset = AT(registrar.max_contacts),
		.flags = RELOAD, .initial = "10", BETWEEN(1, 32), .doc = "Contacts of one user; one more is answered 403."},
	{"registrar.min_expires", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(registrar.min_expires_ms),
		.flags = RELOAD, .initial = "\"60s\"", BETWEEN(1 S, 1 H),
		.doc = "A shorter registration is answered 423 (RFC 3261 section 10.3)."},
	{"registrar.max_expires", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(registrar.max_expires_ms),
		.flags = RELOAD, .initial = "\"2h\"", BETWEEN(1 S, 168 H), .doc = "A longer registration is cut to this."},
	{"registrar.default_expires", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(registrar.default_expires_ms),
		.flags = RELOAD, .initial = "\"1h\"", BETWEEN(1 S, 168 H),
		.doc = "The lifetime of a registration that names none."},
	{"registrar.keepalive", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(registrar.keepalive_ms),
		.flags = RELOAD, .initial = "\"25s\"", BETWEEN(0, 1 H),
		.doc = "How often a contact behind NAT gets a keep-alive, spread over the time; 0 sends none."},

	{"timers", SCHEMA_GROUP, .doc = "The base timers of RFC 3261 section 17; all others follow from them."},
	{"timers.t1", SCHEMA_DURATION, SCHEMA_MS, .offset = AT(timers.t1_ms), .initial = "\"500ms\"",
		BETWEEN(10 MS, 10 S), .doc = "Round-trip time estimate."},
	{"timers.t2", SCHEMA_DURATION, SCHEMA_MS, .offset = AT(timers.t2_ms), .initial = "\"4s\"",
		BETWEEN(10 MS, 60 S), .doc = "The longest interval between retransmissions."},
	{"timers.t4", SCHEMA_DURATION, SCHEMA_MS, .offset = AT(timers.t4_ms), .initial = "\"5s\"",
		BETWEEN(10 MS, 60 S), .doc = "The longest time that a message stays in the network."},
	{"timers.c", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(timers.c_ms), .initial = "\"3m\"",
		BETWEEN(1 S, 1 H), .doc = "How long a proxied INVITE may ring without news (section 16.6 step 11)."},

	{"media", SCHEMA_GROUP, .doc = "The media relay."},
	{"media.relay", SCHEMA_ENUM, .offset = AT(media.relay), .initial = "\"always\"",
		WORDS("always", "never", "auto"),
		.doc = "\"always\" relays the media of every call, \"never\" leaves the SDP untouched, \"auto\" relays only "
		       "where an end is behind NAT or the address families differ."},
	{"media.ports", SCHEMA_RANGE, .offset = AT(media.ports), .initial = "[ 16384, 32767 ]",
		BETWEEN(1024, 65535), .doc = "First and last port of the relay; the default lies below the ephemeral range."},
	{"media.threads", SCHEMA_INTEGER, .offset = AT(media.threads), .initial = "0",
		BETWEEN(0, 63), .doc = "Relay threads; 0 chooses from the cores."},
	{"media.group_budget", SCHEMA_INTEGER, .offset = AT(media.group_budget), .initial = "1000",
		BETWEEN(1, 100000), .doc = "Members of a push-to-talk group whose media are on one relay thread; those who join then "
		       "are on others, if there are any."},
	{"media.pin", SCHEMA_NUMBERS, .offset = AT(media.pin), .initial = "[ ]", BETWEEN(0, 1023),
		.doc = "Cores that the relay threads are pinned to; empty: those that the SIP workers leave."},
	{"media.timeout", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(media.timeout_ms), .flags = RELOAD,
		.initial = "\"60s\"", BETWEEN(1 S, 24 H), .doc = "Silence on both legs that ends a call."},
	{"media.hold_timeout", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(media.hold_timeout_ms),
		.flags = RELOAD, .initial = "\"30m\"", BETWEEN(1 S, 24 H), .doc = "The same for held calls, and for calls in which no media were agreed on."},
	{"media.dscp", SCHEMA_INTEGER, .offset = AT(media.dscp), .initial = "46", BETWEEN(0, 63),
		.doc = "DSCP of relayed packets; 46 is expedited forwarding."},
	{"media.codecs", SCHEMA_STRINGS, .offset = AT(media.codecs), .flags = RELOAD, .initial = "[ ]",
		BETWEEN(0, 32),
		.doc = "Codecs that may pass, in order of preference; an empty list lets all pass. In \"b2bua\" mode "
		       "ends that share none are transcoded, to one of these. Without effect on calls that are not "
		       "relayed: media.relay \"never\", or \"auto\" where they go directly."},
	{"media.tick", SCHEMA_DURATION, SCHEMA_US, .offset = AT(media.tick_us),
		.initial = "\"0ms\"", BETWEEN(0, 1000 US),
		.doc = "The longest that a relay thread waits under load for more packets; 0 never waits. Half a "
		       "millisecond of delay saves about a fifth of the processor time."},
	{"media.fastpath", SCHEMA_STRINGS, .offset = AT(media.fastpath), .flags = RELOAD, .initial = "\"auto\"",
		BETWEEN(1, 32),
		.doc = "Forwarding in the kernel: \"auto\" wherever it is allowed, \"off\" never, or the interfaces "
		       "on which media come and go, as in [ \"lo\", \"eth0\" ]. It takes CAP_BPF and CAP_NET_ADMIN."},

	{"calls", SCHEMA_GROUP, .doc = "What happens to calls."},
	{"calls.mode", SCHEMA_ENUM, .offset = AT(calls.mode), .initial = "\"proxy\"",
		WORDS("proxy", "b2bua"), .doc = "Pass calls on, or be both ends of them."},
	{"calls.max_duration", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(calls.max_duration_ms),
		.flags = RELOAD, .initial = "\"12h\"", BETWEEN(0, 168 H), .doc = "The longest call; 0 is no limit."},
	{"calls.session_expires", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(calls.session_expires_ms),
		.flags = RELOAD, .initial = "\"30m\"", BETWEEN(0, 24 H),
		.doc = "Session timer that is asked for (RFC 4028); 0 asks for none."},
	{"calls.max_calls", SCHEMA_INTEGER, .offset = AT(calls.max_calls), .flags = RELOAD,
		.initial = "0", BETWEEN(0, 10000000), .doc = "Calls at once; 0 is no limit."},
	{"calls.per_user", SCHEMA_INTEGER, .offset = AT(calls.per_user), .flags = RELOAD, .initial = "0",
		BETWEEN(0, 100000), .doc = "Calls of one user at once; 0 is no limit."},
	{"calls.redirects", SCHEMA_ENUM, .offset = AT(calls.redirects), .flags = RELOAD,
		.initial = "\"pass\"", WORDS("pass", "follow"),
		.doc = "A 3xx answer is passed to the caller, or followed."},

	{"groups", SCHEMA_LIST, .offset = AT(groups), .list = &group_list, .flags = RELOAD,
		.doc = "Push-to-talk groups: a member dials the group's address and is in."},
	{"groups[].name", SCHEMA_STRING, .offset = GROUP(name), .flags = RELOAD | REQUIRED, NAME_LENGTH,
		.doc = "The user part of the group's address. No user may have the same name."},
	{"groups[].display", SCHEMA_STRING, .offset = GROUP(display), .flags = RELOAD, BETWEEN(1, 128),
		.doc = "A name for people."},
	{"groups[].members", SCHEMA_LIST, .offset = GROUP(members), .list = &member_list, .flags = RELOAD,
		.doc = "User names, or groups { name = \"bob\"; priority = 7; }, or \"*\": anyone whom auth admits."},
	{"groups[].members[].name", SCHEMA_STRING, .offset = MEMBER(name), .flags = RELOAD | REQUIRED, NAME_LENGTH,
		.doc = "A user, or \"*\"."},
	{"groups[].members[].priority", SCHEMA_INTEGER, .offset = MEMBER(priority), .flags = RELOAD,
		BETWEEN(0, 255), .doc = "His priority in this group; the user's own where it is left out."},
	{"groups[].members[].triggers", SCHEMA_WORDS, .offset = MEMBER(triggers), .flags = RELOAD,
		.words = trigger_words, BETWEEN(0, 9), .doc = "Which buttons count for him; the group's where it is left out."},
	{"groups[].floor", SCHEMA_ENUM, .offset = GROUP(floor), .flags = RELOAD, .initial = "\"ptt\"",
		WORDS("ptt", "open"),
		.doc = "\"ptt\": speak only with the floor. \"open\": a conference, the loudest talkers are mixed."},
	{"groups[].talkers", SCHEMA_INTEGER, .offset = GROUP(talkers), .flags = RELOAD, BETWEEN(1, 8),
		.doc = "How many may hold the floor at once; 1, or 8 where the floor is open."},
	{"groups[].triggers", SCHEMA_WORDS, .offset = GROUP(triggers), .flags = RELOAD, .words = trigger_words,
		.initial = "[ \"dtmf\", \"info\", \"rtcp\", \"message\", \"api\" ]", BETWEEN(0, 9),
		.doc = "Which buttons count."},
	{"groups[].keys", SCHEMA_GROUP, .flags = RELOAD, .doc = "The keys of a phone that are its button."},
	{"groups[].keys.request", SCHEMA_STRING, .offset = GROUP(keys.request), .flags = RELOAD,
		.initial = "\"*\"", BETWEEN(1, 1), .doc = "The key that asks for the floor; held longer than 700 ms it is hold-to-talk."},
	{"groups[].keys.release", SCHEMA_STRING, .offset = GROUP(keys.release), .flags = RELOAD,
		.initial = "\"#\"", BETWEEN(1, 1), .doc = "The key that gives it back."},
	{"groups[].max_talk", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = GROUP(max_talk_ms), .flags = RELOAD,
		.initial = "\"30s\"", BETWEEN(0, 24 H), .doc = "The longest talk spurt; 0 is no limit."},
	{"groups[].hang", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = GROUP(hang_ms), .flags = RELOAD,
		.initial = "\"0s\"", BETWEEN(0, 1 H), .doc = "How long the floor stays reserved for the last talker after release."},
	{"groups[].queue", SCHEMA_INTEGER, .offset = GROUP(queue), .flags = RELOAD, .initial = "8",
		BETWEEN(0, 1000), .doc = "Places in the queue for the floor; 0 denies when it is taken."},
	{"groups[].idle_timeout", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = GROUP(idle_timeout_ms),
		.flags = RELOAD, .initial = "\"0s\"", BETWEEN(0, 168 H),
		.doc = "Closes the group after this time without a talker, counted from the last release or the "
		       "opening; 0 never closes."},
	{"groups[].max_duration", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = GROUP(max_duration_ms),
		.flags = RELOAD, .initial = "\"0s\"", BETWEEN(0, 720 H),
		.doc = "The longest time that a member's call to the group lasts, in place of calls.max_duration; 0 is no limit: who has gone is found out."},
	{"groups[].preempt", SCHEMA_ENUM, .offset = GROUP(preempt), .flags = RELOAD, .initial = "\"emergency\"",
		WORDS("priority", "emergency", "never"),
		.doc = "Who takes the floor from a talker: a higher priority or an emergency, only an emergency, nobody."},
	{"groups[].listen_only", SCHEMA_STRINGS, .offset = GROUP(listen_only), .flags = RELOAD, .initial = "[ ]",
		BETWEEN(0, 100000), .doc = "Members who never talk."},
	{"groups[].broadcast", SCHEMA_BOOL, .offset = GROUP(broadcast), .flags = RELOAD, .initial = "false",
		.doc = "Only the one who opened the group talks, from whatever phone; when he leaves, the longest-joined member inherits, until he is back within 30 s."},
	{"groups[].call_out", SCHEMA_STRINGS, .offset = GROUP(call_out), .flags = RELOAD, .initial = "[ ]",
		BETWEEN(0, 100000), .doc = "Members whom the server calls when the first member joins, on all their phones; who is not reached is called when he registers."},
	{"groups[].emergency_members", SCHEMA_STRINGS, .offset = GROUP(emergency_members), .flags = RELOAD,
		.initial = "[ ]", BETWEEN(0, 100000), .doc = "Who may declare an emergency; an empty list lets all members."},
	{"groups[].legs", SCHEMA_INTEGER, .offset = GROUP(legs), .flags = RELOAD, .initial = "1", BETWEEN(1, 16),
		.doc = "Calls that a member may have in the group at once: the newest wins, the old one gets BYE."},
	{"groups[].tones", SCHEMA_BOOL, .offset = GROUP(tones), .flags = RELOAD, .initial = "true",
		.doc = "Short tones to one leg: granted, denied, queued, revoked, time nearly over."},
	{"groups[].roger_tone", SCHEMA_BOOL, .offset = GROUP(roger_tone), .flags = RELOAD, .initial = "false",
		.doc = "A falling pair to who has given the floor back: it was understood."},
	{"groups[].refuse_tone", SCHEMA_BOOL, .offset = GROUP(refuse_tone), .flags = RELOAD, .initial = "false",
		.doc = "The tone for denied to a phone that begins to speak without having the floor while nobody talks; "
		       "for phones whose microphone hears no other voices."},
	{"groups[].keepalive", SCHEMA_ENUM, .offset = GROUP(keepalive), .flags = RELOAD, .initial = "\"silence\"",
		WORDS("silence", "comfort", "none"), .doc = "What a listener gets while nobody talks."},
	{"groups[].codecs", SCHEMA_WORDS, .offset = GROUP(codecs), .flags = RELOAD | ANY_CASE,
		.words = codec_words, .initial = "[ \"PCMU\", \"PCMA\", \"opus\", \"G722\" ]", BETWEEN(1, 4),
		.doc = "In order of preference; one that the server was built without is passed over, with a warning. telephone-event is answered whenever offered and is never listed."},
	{"groups[].max_members", SCHEMA_INTEGER, .offset = GROUP(max_members), .flags = RELOAD, .initial = "0",
		BETWEEN(0, 1000000), .doc = "Members in the group at once; 0 is no limit."},
	{"groups[].vox_hang", SCHEMA_DURATION, SCHEMA_MS, .offset = GROUP(vox_hang_ms), .flags = RELOAD,
		.initial = "\"800ms\"", BETWEEN(20 MS, 60 S), .doc = "Silence that ends a talk spurt begun by voice."},
	{"groups[].record", SCHEMA_PATH, .offset = GROUP(record), .flags = RELOAD, .initial = "\"\"",
		.doc = "Folder for the audio of each talk spurt; empty records nothing."},

	{"routes", SCHEMA_LIST, .offset = AT(routes), .list = &route_list, .flags = LATER | RELOAD,
		.doc = "What is sent elsewhere than to the registered contacts: the first row that matches decides. A row has "
		       "one of user, group, trunk, reject, redirect."},
	{"routes[].match", SCHEMA_GROUP, .flags = RELOAD, .doc = "All that is given must match; an empty match takes everything."},
	{"routes[].match.user", SCHEMA_STRING, .offset = ROUTE(match.user), .flags = RELOAD, NAME_LENGTH,
		.doc = "The whole user part of the Request-URI."},
	{"routes[].match.prefix", SCHEMA_STRING, .offset = ROUTE(match.prefix), .flags = RELOAD, NAME_LENGTH,
		.doc = "The beginning of the user part."},
	{"routes[].match.domain", SCHEMA_STRING, .offset = ROUTE(match.domain), .flags = RELOAD, BETWEEN(1, 253),
		.doc = "The host of the Request-URI."},
	{"routes[].match.source", SCHEMA_STRING, .offset = ROUTE(match.source), .flags = RELOAD, BETWEEN(1, 64),
		.doc = "Address or network that the request comes from, \"192.0.2.0/24\"."},
	{"routes[].match.method", SCHEMA_STRING, .offset = ROUTE(match.method), .flags = RELOAD, BETWEEN(1, 32),
		.doc = "The method, \"INVITE\"."},
	{"routes[].user", SCHEMA_STRING, .offset = ROUTE(user), .flags = RELOAD, NAME_LENGTH, .doc = "Send to this user."},
	{"routes[].group", SCHEMA_STRING, .offset = ROUTE(group), .flags = RELOAD, NAME_LENGTH, .doc = "Send to this group."},
	{"routes[].trunk", SCHEMA_STRING, .offset = ROUTE(trunk), .flags = RELOAD, NAME_LENGTH, .doc = "Send to this trunk."},
	{"routes[].reject", SCHEMA_INTEGER, .offset = ROUTE(reject), .flags = RELOAD, BETWEEN(400, 699),
		.doc = "Answer with this status."},
	{"routes[].redirect", SCHEMA_STRING, .offset = ROUTE(redirect), .flags = RELOAD, BETWEEN(1, 512),
		.doc = "Answer 302 with this URI."},

	{"trunks", SCHEMA_LIST, .offset = AT(trunks), .list = &trunk_list, .flags = LATER | RELOAD,
		.doc = "Other servers that calls go to and come from."},
	{"trunks[].name", SCHEMA_STRING, .offset = TRUNK(name), .flags = RELOAD | REQUIRED, NAME_LENGTH,
		.doc = "The name that routes use."},
	{"trunks[].uri", SCHEMA_STRING, .offset = TRUNK(uri), .flags = RELOAD | REQUIRED, BETWEEN(1, 512),
		.doc = "Where its requests are sent, \"sip:sip.carrier.example\"."},
	{"trunks[].user", SCHEMA_STRING, .offset = TRUNK(user), .flags = RELOAD, NAME_LENGTH,
		.doc = "Our user name at the trunk."},
	{"trunks[].password", SCHEMA_STRING, .offset = TRUNK(password), .flags = RELOAD | SECRET, BETWEEN(1, 256),
		.doc = "Our password at the trunk."},
	{"trunks[].register", SCHEMA_BOOL, .offset = TRUNK(register_out), .flags = RELOAD, .initial = "false",
		.doc = "Whether to register there."},
	{"trunks[].sources", SCHEMA_STRINGS, .offset = TRUNK(sources), .flags = RELOAD, .initial = "[ ]",
		BETWEEN(0, 256), .doc = "Addresses and networks whose requests are the trunk's."},

	{"store", SCHEMA_STRING, .offset = AT(store), .flags = LATER, .initial = "\"file:portavoz.db\"",
		.holds = "none", BETWEEN(1, 1024),
		.doc = "Where registrations outlive a restart: \"file:PATH\", \"sqlite:PATH\", \"postgresql://…\", "
		       "\"redis://…\", or \"none\": memory only."},

	{"admin", SCHEMA_GROUP, .doc = "The ways in for operators."},
	{"admin.socket", SCHEMA_PATH, .offset = AT(admin.socket), .initial = "\"/run/portavoz/control.sock\"",
		.doc = "Control socket for portavozctl; an empty string turns it off."},
	{"admin.http", SCHEMA_SERVICE, .offset = AT(admin.http), .flags = LATER, .initial = "\"127.0.0.1:8088\"",
		.holds = "", .doc = "Address and port of the HTTP interface; an empty string turns it off."},
	{"admin.token_file", SCHEMA_PATH, .offset = AT(admin.token_file), .flags = LATER, .initial = "\"\"",
		.doc = "File with the token that the HTTP interface asks for."},

	{"log", SCHEMA_GROUP, .flags = RELOAD, .doc = "What is written down, and where."},
	{"log.level", SCHEMA_ENUM, .offset = AT(log.level), .flags = RELOAD, .initial = "\"info\"",
		WORDS("error", "warning", "notice", "info", "debug"), .doc = "The least important level that is written."},
	{"log.target", SCHEMA_TARGET, .offset = AT(log.target), .initial = "\"stderr\"",
		WORDS("stderr", "syslog", "journal"), .doc = "\"stderr\", \"syslog\", \"journal\", or a file, which SIGUSR1 reopens."},
	{"log.format", SCHEMA_ENUM, .offset = AT(log.format), .initial = "\"text\"",
		WORDS("text", "json"), .doc = "Lines for people, or a JSON object a line."},

	{"limits", SCHEMA_GROUP, .doc = "What a stranger may fill; each has a counter (portavozctl metrics) for when it bites."},
	{"limits.enabled", SCHEMA_BOOL, .offset = AT(limits.enabled), .flags = RELOAD, .initial = "true",
		.doc = "false turns off the rates and every per-user and per-source limit, for load tests; sizes and totals stay."},
	{"limits.transactions", SCHEMA_INTEGER, .offset = AT(limits.transactions), .initial = "1000000",
		BETWEEN(1024, 16000000), .doc = "SIP transactions at once over all workers; address space is reserved, memory is "
		       "touched only as used. A new request beyond it is answered 503 with Retry-After."},
	{"limits.forks", SCHEMA_INTEGER, .offset = AT(limits.forks), .flags = RELOAD, .initial = "32", BETWEEN(1, 64),
		.doc = "Targets that one request is sent to; further contacts are left out."},
	{"limits.message_size", SCHEMA_SIZE, SCHEMA_BYTES, .offset = AT(limits.message_size), .initial = "65535",
		BETWEEN(1300, 65535), .doc = "The largest message, over UDP and on a connection; a larger one is dropped, its connection closed."},
	{"limits.tcp_queue", SCHEMA_SIZE, SCHEMA_BYTES, .offset = AT(limits.tcp_queue), .initial = "\"256K\"",
		BETWEEN(64 K, 64 M), .doc = "Bytes waiting for a slow reader; a connection that fills it is closed."},
	{"limits.tcp_connections", SCHEMA_INTEGER, .offset = AT(limits.tcp_connections), .initial = "65536",
		BETWEEN(1, 4000000), .doc = "Connections at once over all workers; one more is closed at once."},
	{"limits.tcp_idle", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(limits.tcp_idle_ms), .initial = "\"2h\"",
		BETWEEN(1 S, 168 H), .doc = "A connection without a byte either way for this long is closed. Not less than "
		       "registrar.max_expires, or phones without keep-alives become unreachable."},
	{"limits.tcp_message_deadline", SCHEMA_DURATION, SCHEMA_SECONDS, .offset = AT(limits.tcp_message_deadline_ms),
		.initial = "\"10s\"", BETWEEN(100 MS, 10 MIN),
		.doc = "How long a message may take from its first byte to its last, and a new connection to its first message."},
	{"limits.source_rate", SCHEMA_INTEGER, .offset = AT(limits.source_rate), .flags = RELOAD, .initial = "200",
		BETWEEN(0, 1000000), .doc = "New requests a second from one source address; those beyond are dropped, "
		       "and so are ACK, BYE, CANCEL and others of calls in progress beyond ten times as many. 0 is no limit."},
	{"limits.source_burst", SCHEMA_INTEGER, .offset = AT(limits.source_burst), .flags = RELOAD, .initial = "400",
		BETWEEN(1, 1000000), .doc = "How many may come at once before the rate counts."},
	{"limits.source_register_failures", SCHEMA_INTEGER, .offset = AT(limits.source_register_failures), .flags = RELOAD,
		.initial = "30", BETWEEN(0, 100000), .doc = "Wrong credentials a minute from one source address; beyond it the "
		       "source's requests with credentials are answered 503. 0 is no limit."},
	{"limits.tcp_connections_per_source", SCHEMA_INTEGER, .offset = AT(limits.tcp_connections_per_source),
		.flags = RELOAD, .initial = "1024", BETWEEN(0, 4000000), .doc = "Connections at once from one source address. 0 is no limit."},
	{"limits.user_calls", SCHEMA_INTEGER, .offset = AT(limits.user_calls), .flags = RELOAD, .initial = "64",
		BETWEEN(0, 100000), .doc = "INVITE transactions that one user may have open at once; one more is answered "
		       "503. 0 is no limit."},
};
/* clang-format on */

const unsigned schema_count = sizeof schema / sizeof schema[0];
