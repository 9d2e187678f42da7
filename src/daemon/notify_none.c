/* SPDX-License-Identifier: Apache-2.0 */
/* notify_none.c — where there is no libsystemd nobody is told. */
#include "daemon/notify.h"

void notify_ready(const char *status) {}

void notify_reloading(uint64_t now_us) {}

void notify_stopping(void) {}

void notify_alive(void) {}

uint64_t notify_watchdog_ms(void)
{
	return 0;
}
