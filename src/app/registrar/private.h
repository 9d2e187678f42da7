/* SPDX-License-Identifier: Apache-2.0 */
/* private.h — what the files of the registrar share: one REGISTER on its way through the steps. */
#ifndef APP_REGISTRAR_PRIVATE_H
#define APP_REGISTRAR_PRIVATE_H

#include "app/registrar/registrar.h"
#include "base/metrics.h"

#define REGISTRAR_CHANGES 64    /* Contacts of one REGISTER; more is 403 */
#define REGISTRAR_SCRATCH 32768 /* their parameters and Paths, cleaned */
#define REGISTRAR_AGENT   48    /* bytes kept of User-Agent */
#define REGISTRAR_DATE    32

/* Owner: the worker. Lifetime: the daemon's. The arrays are for the one REGISTER that is being
 * worked on. */
struct registrar {
	struct registrar_config config;
	struct registrar_floors at;
	struct worker_lane lane;
	struct lane_node tick;
	struct siphash_key key; /* of Call-IDs of keep-alives */
	uint64_t keepalives;    /* makes them differ */
	time_t date_s;          /* `date` is of this second */
	size_t date_length;
	char date[REGISTRAR_DATE];
	struct registry_change changes[REGISTRAR_CHANGES];
	struct registry_binding found[REGISTRY_CONTACTS];
	char scratch[REGISTRAR_SCRATCH];
	char answer[PV_MESSAGE_MAX];
	char text[REGISTRY_TEXT_ALL];
};

/* How a step ends the work; status 0 = go on. `header` (or PV_HEADER_OTHER) goes into the answer
 * with `value`. */
struct verdict {
	uint16_t status;
	const char *phrase; /* NULL: the status' own */
	enum pv_header header;
	struct pv_span value;
};
#define GO_ON ((struct verdict){0})

/* One REGISTER. Owner: the stack of registrar_request. */
struct registration {
	struct registrar *registrar;
	const struct pv_message *request;
	const struct path *from;
	uint64_t now_ms;
	struct pv_writer scratch;
	char key[REGISTRY_KEY];
	struct pv_span aor, user;
	struct pv_span path;     /* all Path values, one text */
	unsigned count;          /* of registrar->changes */
	bool remove_all;         /* Contact: * */
	bool outbound;           /* the client speaks RFC 5626 */
	bool used_outbound;      /* and a contact made use of it */
	bool through_proxy;      /* more than one Via */
	bool first_hop_outbound; /* that proxy does: its Path has ;ob */
	char number[12];         /* text of a header of the verdict */
};

void registration_init(struct registration *reg, struct registrar *registrar,
	const struct pv_message *request, const struct path *from);

/* steps.c: the steps in their order; the verdict of the first that ends it, or 200. */
struct verdict registration_run(struct registration *reg);
/* All but the change itself, for an answer that is made again. */
struct verdict registration_read(struct registration *reg);
/* Step 2 alone: precheck asks it before credentials. */
struct verdict registration_require(struct registration *reg);
/* Is `option` one of the values of a header of option-tags (Supported, Require)? */
bool registration_has_option(
	const struct pv_message *message, enum pv_header header, struct pv_span option);

/* contact.c: one Contact value becomes reg->registrar->changes[reg->count++]. */
struct verdict registration_contact(struct registration *reg, const struct pv_address *contact);
/* Copies text that will be stored: folds become spaces. The copy, empty when scratch is full. */
struct pv_span registration_keep(struct registration *reg, struct pv_span text);

/* answer.c: writes the whole answer; empty when it does not fit. */
struct pv_span registration_answer(struct registration *reg, const struct verdict *verdict);

/* keepalive.c: a share of the shard's contacts behind NAT. */
void registrar_keepalive(struct registrar *registrar, uint64_t now_ms);
/* The OPTIONS that is sent over UDP. */
void registrar_keepalive_write(struct registrar *registrar, const struct registry_binding *binding,
	struct pv_span sent_by, struct pv_writer *w);

#endif
