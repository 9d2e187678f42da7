/* SPDX-License-Identifier: Apache-2.0 */
/* route_token.h — the user part of our Record-Route: proves to which dialog a request belongs, and
 * says where its other end is. */
#ifndef PROXY_ROUTE_TOKEN_H
#define PROXY_ROUTE_TOKEN_H

#include <portavoz/writer.h>
#include "base/siphash.h"
#include "net/net.h"

/*
 * A request with a To tag and a Route is believed to be of a dialog that went through us only when
 * the Route carries a token. Its MAC covers the Call-ID and both ends of the dialog, who they are
 * (From and To URI) and by which tag they are known, so it cannot be used under another name; its
 * content says where the other end is, so it cannot be used to reach anybody else.
 *
 * Each end has a token of its own. The callee's goes out with the request that begins the dialog,
 * when the callee has no tag yet. The caller's takes its place in each response of 101 to 299, and
 * its MAC covers the callee's tag as well: who was refused has none.
 */
enum route_holder { ROUTE_NOBODY, ROUTE_CALLEE, ROUTE_CALLER };

/* One end as the other reaches it: by a path where its Contact does not lead to it (behind NAT, or
 * over a connection of its own), as the flow tokens of RFC 5626 §5.3 do; else by the next hop
 * towards it, of which a hash tells enough, for requests name it. */
struct route_end {
	bool has_path;
	struct path path;
	uint32_t hop;
};

struct route_token {
	enum route_holder holder;
	uint32_t minute;         /* when it was made; ROUTE_FOREVER: it does not grow old */
	struct route_end caller; /* of a callee's token alone */
	struct route_end callee;
};

#define ROUTE_FOREVER   UINT32_C(0xffffff) /* minutes are counted modulo this */
#define ROUTE_TOKEN_MAX 100                /* characters */

struct route_party {
	struct pv_span uri, tag;
};

/* Of a dialog as its first request named it: what stands in From is the caller. */
struct route_dialog {
	struct pv_span call_id;
	struct route_party caller, callee;
};

/* What a token is held against: worked out once for all that a message brings. */
struct route_proof {
	struct siphash_key key;
	uint64_t dialog;     /* route_dialog_hash */
	uint64_t callee_tag; /* apart, for the callee's own token is older than its tag */
};

/* Of the Call-ID, the caller's tag, and who both are: the same for all that one request makes. */
uint64_t route_dialog_hash(const struct siphash_key *key, const struct route_dialog *dialog);
void route_proof_init(struct route_proof *proof, const struct siphash_key *key, uint64_t dialog,
	struct pv_span callee_tag);
void route_token_write(
	const struct route_proof *proof, const struct route_token *token, struct pv_writer *w);
/* Whose token `user` says to be, unproven. */
enum route_holder route_token_holder(struct pv_span user);
/* False when `user` is not a token of ours for that dialog. */
bool route_token_read(
	const struct route_proof *proof, struct pv_span user, struct route_token *ret);

#endif
