/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c — what each parse verdict is answered with. */
#include <portavoz/message.h>

static const struct pv_verdict_row rows[PV_VERDICT_COUNT] = {
	[PV_VERDICT_NONE] = {"NONE", 0, "", ""},
#define ROW(id, status, phrase, section) [PV_##id] = {#id, status, phrase, section},
	PV_VERDICTS(ROW)
#undef ROW
};

const struct pv_verdict_row *pv_verdict_row(int verdict)
{
	if (verdict > 0 || verdict <= -PV_VERDICT_COUNT)
		return &rows[PV_VERDICT_NONE];
	return &rows[-verdict];
}
