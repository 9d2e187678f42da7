/* SPDX-License-Identifier: Apache-2.0 */
/* notify_systemd.c — readiness, reload and watchdog through libsystemd. */
#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "daemon/notify.h"

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

/* Type=notify-reload wants the monotonic time beside it (systemd 253). */
void notify_reloading(uint64_t now_us)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1\nSTATUS=draining");
}

void notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

uint64_t notify_watchdog_ms(void)
{
	uint64_t microseconds = 0;
	return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds / 1000 : 0;
}
