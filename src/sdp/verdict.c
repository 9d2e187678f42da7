/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c — what each refusal of a description is answered with (RFC 3261 §20.43). */
#include <portavoz/sdp.h>

static const struct pv_sdp_verdict_row rows[PV_SDP_VERDICT_COUNT] = {
	[PV_SDP_VERDICT_NONE] = {"NONE", 0, 0, "", ""},
#define ROW(id, status, warning, text, section) \
	[PV_SDP_##id] = {#id, status, warning, text, section},
	PV_SDP_VERDICTS(ROW)
#undef ROW
};

const struct pv_sdp_verdict_row *pv_sdp_verdict_row(int verdict)
{
	if (verdict > 0 || verdict <= -PV_SDP_VERDICT_COUNT)
		return &rows[PV_SDP_VERDICT_NONE];
	return &rows[-verdict];
}

void pv_sdp_warning_write(struct pv_writer *w, int verdict, struct pv_span agent)
{
	const struct pv_sdp_verdict_row *row = pv_sdp_verdict_row(verdict);
	pv_put_u64(w, row->warning);
	pv_put_char(w, ' ');
	pv_put(w, agent);
	pv_put_text(w, " \"");
	pv_put_text(w, row->text);
	pv_put_char(w, '"');
}
