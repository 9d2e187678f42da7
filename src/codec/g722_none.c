/* SPDX-License-Identifier: Apache-2.0 */
/* g722_none.c: in place of G.722 where spandsp is not built in. */
#include "codec/driver.h"

const struct codec_driver codec_g722 = {.rates = {16000}};
