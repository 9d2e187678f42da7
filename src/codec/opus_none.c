/* SPDX-License-Identifier: Apache-2.0 */
/* opus_none.c: in place of Opus where libopus is not built in. */
#include "codec/driver.h"

const struct codec_driver codec_opus = {.rates = {8000, 16000}};
