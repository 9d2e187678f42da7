/* SPDX-License-Identifier: Apache-2.0 */
/* config.h — the configuration as plain typed fields: what the loader makes of the files. */
#ifndef PORTAVOZ_CONF_CONFIG_H
#define PORTAVOZ_CONF_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

/* A number or duration that was not given and that has no default. */
#define CONFIG_UNSET UINT32_MAX

struct config_memory;

/* Where a list element was written; `file` lives as long as the configuration. */
struct config_origin {
	const char *file;
	uint32_t line;
};

enum config_transport { CONFIG_UDP, CONFIG_TCP, CONFIG_TLS, CONFIG_WS, CONFIG_WSS };
enum config_steering { CONFIG_STEERING_AUTO, CONFIG_STEERING_OFF };
enum config_challenge { CONFIG_CHALLENGE_ALL, CONFIG_CHALLENGE_REGISTER, CONFIG_CHALLENGE_NONE };
enum config_strangers { CONFIG_STRANGERS_REJECT, CONFIG_STRANGERS_USERS };
enum config_algorithm { CONFIG_MD5, CONFIG_SHA256, CONFIG_SHA512_256 };
enum config_relay { CONFIG_RELAY_ALWAYS, CONFIG_RELAY_NEVER, CONFIG_RELAY_AUTO };
enum config_call_mode { CONFIG_CALLS_PROXY, CONFIG_CALLS_B2BUA };
enum config_redirects { CONFIG_REDIRECTS_PASS, CONFIG_REDIRECTS_FOLLOW };
enum config_floor { CONFIG_FLOOR_PTT, CONFIG_FLOOR_OPEN };
enum config_preempt { CONFIG_PREEMPT_PRIORITY, CONFIG_PREEMPT_EMERGENCY, CONFIG_PREEMPT_NEVER };
enum config_keepalive { CONFIG_KEEPALIVE_SILENCE, CONFIG_KEEPALIVE_COMFORT, CONFIG_KEEPALIVE_NONE };
enum config_log_format { CONFIG_LOG_TEXT, CONFIG_LOG_JSON };
enum config_log_level {
	CONFIG_LOG_ERROR,
	CONFIG_LOG_WARNING,
	CONFIG_LOG_NOTICE,
	CONFIG_LOG_INFO,
	CONFIG_LOG_DEBUG
};
enum config_trigger {
	CONFIG_TRIGGER_DTMF,
	CONFIG_TRIGGER_INFO,
	CONFIG_TRIGGER_RTCP,
	CONFIG_TRIGGER_MESSAGE,
	CONFIG_TRIGGER_API,
	CONFIG_TRIGGER_VOX,
	CONFIG_TRIGGER_MUTE,
	CONFIG_TRIGGER_HOLD,
	CONFIG_TRIGGER_ED137
};

enum config_codec { CONFIG_CODEC_PCMU, CONFIG_CODEC_PCMA, CONFIG_CODEC_OPUS, CONFIG_CODEC_G722 };

/* Words of an enum in the order of the file; no word is given twice. */
#define CONFIG_WORDS_MAX 12
struct config_words {
	uint8_t count;
	uint8_t word[CONFIG_WORDS_MAX]; /* values of the enum */
};

struct config_strings {
	uint32_t count;
	const char **item;
};

struct config_numbers {
	uint32_t count;
	uint32_t *item;
};

struct config_range {
	uint32_t low, high;
};

/* "auto" has family AF_UNSPEC. */
struct config_address {
	struct sockaddr_storage address;
	socklen_t length; /* 0 for "auto" and for "" */
};

struct config_listen {
	struct config_origin origin;
	const char *text; /* as written, "udp:0.0.0.0:5060" */
	enum config_transport transport;
	struct sockaddr_storage address;
	socklen_t length;
};

/* A user of the file. Exactly one of password or (ha1_md5 and/or ha1_sha256) is set. */
struct config_user {
	struct config_origin origin;
	const char *name;
	const char *password;
	const char *ha1_md5;    /* 32 hexadecimal digits, or NULL */
	const char *ha1_sha256; /* 64 hexadecimal digits, or NULL */
	const char *display;    /* or NULL */
	uint32_t priority;      /* 0..255 */
};

struct config_member {
	struct config_origin origin;
	const char *name;             /* a user, or "*" */
	uint32_t priority;            /* CONFIG_UNSET: the user's */
	struct config_words triggers; /* enum config_trigger; none: the group's */
};

struct config_group {
	struct config_origin origin;
	const char *name;
	const char *display;
	struct config_member *members;
	uint32_t member_count;
	enum config_floor floor;
	uint32_t talkers; /* CONFIG_UNSET: 1, or 8 where the floor is open */
	struct config_words triggers;
	struct {
		const char *request, *release;
	} keys;
	uint32_t max_talk_ms, hang_ms, queue, idle_timeout_ms, max_duration_ms;
	enum config_preempt preempt;
	struct config_strings listen_only, call_out, emergency_members;
	bool broadcast, tones, refuse_tone, roger_tone;
	uint32_t legs;
	enum config_keepalive keepalive;
	struct config_words codecs; /* enum config_codec */
	uint32_t max_members, vox_hang_ms;
	const char *record; /* folder, or NULL */
};

struct config_route {
	struct config_origin origin;
	struct {
		const char *user, *prefix, *domain, *source, *method; /* NULL: any */
	} match;
	const char *user, *group, *trunk, *redirect; /* one of these, or reject */
	uint32_t reject;                             /* status code, or CONFIG_UNSET */
};

struct config_trunk {
	struct config_origin origin;
	const char *name, *uri, *user, *password;
	bool register_out;
	struct config_strings sources;
};

/* Owner: main. Lifetime: from config_load to config_free, immutable between. Lock: none needed.
 * Names are those of the file; a duration is in milliseconds and its field ends in _ms. */
struct config {
	struct config_memory *memory; /* all that the pointers below point at */
	const char *path;             /* absolute path of the main file */
	struct config_origin *set_at; /* by row of the schema; see config_origin_of */

	struct config_strings domains;
	struct config_listen *listen;
	uint32_t listen_count;
	struct config_address public_address;
	uint32_t workers; /* 0: one per usable core */
	enum config_steering steering;
	const char *run_as;
	uint32_t drain_timeout_ms;

	struct config_user *users; /* sorted as written; main file first */
	uint32_t user_count;
	const char *users_file; /* absolute, or NULL */

	struct {
		enum config_challenge challenge;
		struct config_words algorithms; /* enum config_algorithm, most wanted first */
		uint32_t nonce_lifetime_ms;
		enum config_strangers strangers;
	} auth;
	struct {
		uint32_t capacity, max_contacts;
		uint32_t min_expires_ms, max_expires_ms, default_expires_ms, keepalive_ms;
	} registrar;
	struct {
		uint32_t t1_ms, t2_ms, t4_ms, c_ms;
	} timers;
	struct {
		enum config_relay relay;
		struct config_range ports;
		uint32_t threads, group_budget;
		struct config_numbers pin;
		uint32_t timeout_ms, hold_timeout_ms, dscp;
		struct config_strings codecs;
		uint32_t tick_us;
		struct config_strings fastpath; /* "auto", "off", or interfaces */
	} media;
	struct {
		enum config_call_mode mode;
		uint32_t max_duration_ms, session_expires_ms, max_calls, per_user;
		enum config_redirects redirects;
	} calls;
	struct config_group *groups;
	uint32_t group_count;
	struct config_route *routes;
	uint32_t route_count;
	struct config_trunk *trunks;
	uint32_t trunk_count;
	const char *store;
	struct {
		const char *socket;         /* absolute, or NULL when turned off */
		struct config_address http; /* length 0 when turned off */
		const char *token_file;
	} admin;
	struct {
		enum config_log_level level;
		const char *target; /* "stderr", "syslog", "journal" or an absolute path */
		enum config_log_format format;
	} log;
	/* The rates, per-user and per-source limits are 0 here where `enabled` is false. */
	struct {
		bool enabled;
		/* sizes and totals: hold whatever `enabled` says */
		uint32_t transactions, forks;
		uint32_t message_size, tcp_queue;
		uint32_t tcp_connections, tcp_idle_ms, tcp_message_deadline_ms;
		/* rates and shares of one source or user: 0 means no limit */
		uint32_t source_rate, source_burst, source_register_failures;
		uint32_t tcp_connections_per_source, user_calls;
	} limits;
};

enum config_severity { CONFIG_NOTE, CONFIG_WARNING, CONFIG_ERROR };

struct config_finding {
	struct config_finding *next;
	enum config_severity severity;
	const char *file; /* NULL where no file is to blame */
	uint32_t line;    /* 0: the whole file */
	char text[];
};

/* All that was found, in the order of files and lines. Start from {0}. */
struct config_report {
	struct config_finding *first, **last;
	uint32_t errors, warnings, notes;
	uint32_t changes_applied, changes_need_restart; /* of config_diff */
};

/* Prints "FILE:LINE: error: TEXT", one line a finding. */
void config_report_print(const struct config_report *report, FILE *out);
void config_report_done(struct config_report *report);

/* Reads `path` and the conf.d folder beside it. Every mistake goes to `report`, not only the first.
 * Returns 0 and a configuration, or -EINVAL where the report holds an error, -ENOMEM. */
int config_load(const char *path, struct config **ret, struct config_report *report);

/* The same for text in memory, as if it stood in the file `name`; there is no conf.d. Never opens a
 * file. */
int config_parse_text(const char *text, size_t length, const char *name, struct config **ret,
	struct config_report *report);

void config_free(struct config *config);

/* Where the key ("timers.t1", not one of a list's elements) was set last; the main file and line 0
 * where it stands nowhere. */
struct config_origin config_origin_of(const struct config *config, const char *key);

/* Notes each key whose value differs: whether a reload applies it, or a restart is needed. */
void config_diff(
	const struct config *before, const struct config *after, struct config_report *report);

/* Prints meaning, type, default, range and reload of `key` ("registrar.capacity"); for a group or
 * list also its keys. Returns -ENOENT and says the nearest key if there is none of that name. */
int config_explain(const char *key, FILE *out);

/* Prints a complete commented configuration that loads without an error. */
void config_print_defaults(FILE *out);

/* Prints portavoz.conf(5). */
void config_print_manual(FILE *out);

/* The known word nearest to `word` (edit distance, transpositions count one), or NULL if none is
 * near. `words` ends with NULL. */
const char *config_nearest(const char *word, const char *const *words);

#endif
