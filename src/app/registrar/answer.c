/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c — the answer to a REGISTER: §10.3 step 8 lists what is bound now. */
#include <time.h>

#include <portavoz/build.h>

#include "app/registrar/private.h"

/* ";q=0.25": no more digits than it needs. */
static void put_q(struct pv_writer *w, uint16_t q)
{
	char digits[3] = {
		(char)('0' + q / 100 % 10), (char)('0' + q / 10 % 10), (char)('0' + q % 10)};
	size_t count = q % 10 ? 3 : q % 100 ? 2 : 1;
	if (q >= 1000)
		return;
	pv_put_text(w, ";q=0");
	if (q == 0)
		return;
	pv_put_char(w, '.');
	pv_put_bytes(w, digits, count);
}

static void put_contact(struct pv_writer *w, const struct registry_binding *b, uint64_t now_ms)
{
	pv_put_text(w, "Contact: <");
	pv_put(w, b->contact);
	pv_put_text(w, ">;expires=");
	pv_put_u64(w, (b->expires_ms - now_ms + 999) / 1000);
	put_q(w, b->q);
	pv_put(w, b->params);
	pv_put_text(w, "\r\n");
}

static void put_contacts(struct registration *reg, struct pv_writer *w)
{
	struct registrar *r = reg->registrar;
	int count = registry_lookup(
		r->at.registry, reg->aor, r->found, REGISTRY_CONTACTS, r->text, sizeof(r->text));
	for (int i = 0; i < count; i++)
		if (r->found[i].expires_ms > reg->now_ms)
			put_contact(w, &r->found[i], reg->now_ms);
}

/* RFC 3327 §5.3: the Path comes back. */
static void put_path(struct registration *reg, struct pv_writer *w)
{
	if (reg->path.length)
		pv_build_header(w, PV_HEADER_PATH, reg->path);
}

/* §20.17; made once a second. The names are English whatever the locale says. */
static void put_date(struct registrar *r, struct pv_writer *w)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)clock_wall_s(r->at.worker->clock);
	if (now != r->date_s || r->date_length == 0) {
		struct tm tm;
		char form[REGISTRAR_DATE];
		gmtime_r(&now, &tm);
		size_t length = strftime(form, sizeof(form), "xxx, %d xxx %Y %H:%M:%S GMT", &tm);
		memcpy(form, days + 3 * tm.tm_wday, 3);
		memcpy(form + 8, months + 3 * tm.tm_mon, 3);
		memcpy(r->date, form, length);
		r->date_length = length;
		r->date_s = now;
	}
	pv_build_header(w, PV_HEADER_DATE, (struct pv_span){r->date, r->date_length});
}

static void put_success(struct registration *reg, struct pv_writer *w)
{
	put_contacts(reg, w);
	put_path(reg, w);
	if (reg->used_outbound)
		pv_put_text(w, "Require: outbound\r\n");
	pv_put_text(w, "Supported: path, outbound\r\n");
	put_date(reg->registrar, w);
}

struct pv_span registration_answer(struct registration *reg, const struct verdict *verdict)
{
	struct registrar *r = reg->registrar;
	char tag[TRANSACTION_TAG];
	struct transaction_via_text fixup;
	struct pv_response response = {
		.status = verdict->status, .phrase = pv_span_of(verdict->phrase)};
	struct pv_writer w;
	response.to_tag = transaction_local_tag(r->at.transactions, reg->request, tag);
	transaction_via_fixup(reg->request, reg->from, &fixup, &response.received, &response.rport);
	pv_writer_init(&w, r->answer, sizeof(r->answer));
	pv_build_response(&w, reg->request, &response);
	if (verdict->status == 200)
		put_success(reg, &w);
	else if (verdict->header != PV_HEADER_OTHER)
		pv_build_header(&w, verdict->header, verdict->value);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	return w.overflow ? (struct pv_span){0} : pv_writer_span(&w);
}
