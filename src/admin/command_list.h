/* SPDX-License-Identifier: Apache-2.0 */
/* command_list.h — every command of the control socket, a row each; portavozctl and its manual read
 * it too. */

/* No include guard: included with COMMAND(words, arguments, handler, help) defined. An argument in
 * [] may be left out. */

COMMAND("status", "", command_status,
	"uptime, addresses, what each worker has done and holds, losses")
COMMAND("registrations", "[USER]", command_registrations,
	"who is registered from where and for how long")
COMMAND("call list", "", command_call_list, "calls in progress")
COMMAND("call show", "ID", command_call_show,
	"one call: its streams, who sends from where, packets, loss, jitter, round trip, how it "
	"sounds")
COMMAND("call hangup", "ID", command_call_hangup, "end a call; as a proxy, release its media")
COMMAND("group list", "", command_group_list,
	"push-to-talk groups: who talks, how many are in and wait")
COMMAND("group show", "NAME", command_group_show,
	"one group: who talks since when and by which button, who waits, counts")
COMMAND("group members", "NAME", command_group_members,
	"who is in a group: priority, codec, level, packets, loss, jitter")
COMMAND("group talks", "[NAME]", command_group_talks,
	"the last talk spurts: who, when, how long, by which button, why it ended")
COMMAND("group grant", "NAME USER", command_group_grant,
	"give the floor to a member, whoever has it")
COMMAND("group revoke", "NAME [USER]", command_group_revoke,
	"take the floor from a member, or from all who have it")
COMMAND("group mute", "NAME USER", command_group_mute,
	"a member cannot talk until he is unmuted or the group closes, from no phone")
COMMAND("group unmute", "NAME USER", command_group_unmute, "a muted member may talk again")
COMMAND("group kick", "NAME USER", command_group_kick, "end a member's calls to the group")
COMMAND("group emergency", "NAME [USER] [--clear]", command_group_emergency,
	"declare an emergency, by a member who then gets the floor, or clear it")
COMMAND("group watch", "[NAME]", command_group_watch,
	"who talks and who waits, with levels; portavozctl shows it live until Ctrl-C")
/* the longer one first: the first that fits is taken */
COMMAND("media fastpath", "", command_media_fastpath,
	"forwarding in the kernel: whether there is any and why not, interfaces, entries, hits, "
	"misses by cause")
COMMAND("media", "", command_media,
	"relay threads: cores, sessions, ports, packets, what was dropped and why")
COMMAND("metrics", "[json]", command_metrics, "all counters, as Prometheus text or JSON")
COMMAND("users reload", "", command_users_reload,
	"read the users of the configuration and users_file again")
COMMAND("config reload", "", command_config_reload,
	"the same as SIGHUP: check, say what changed, apply")
COMMAND("log level", "[LEVEL]", command_log_level,
	"show the log level, or set it until the next reload")
COMMAND("explain", "KEY", command_explain, "what a key of the configuration means")
COMMAND("version", "", command_version, "the version of the server")
COMMAND("help", "", command_help, "this list")
