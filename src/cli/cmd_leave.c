/*
 * leave: disconnect, and stay so until told otherwise.
 *
 * Nothing is forgotten; the supplicant just does not look for networks any more.
 */
#include <stdio.h>

#include "cli/wlan.h"

int cmd_leave(struct cli *c, int argc, char **argv)
{
	char name[STATION_SSID_TEXT];
	struct station_ctrl ctrl;
	struct wlan_status was;
	struct err e = {0};
	int rc;

	if (argc > 1)
		return cli_usage("leave");
	if (wlan_open(c, &ctrl, &e) < 0)
		return cli_fail(&e);
	rc = wlan_status(&ctrl, &was, &e);
	if (rc == 0)
		rc = wlan_do(&ctrl, "DISCONNECT", "leave the network", &e);
	station_close(&ctrl);
	if (rc < 0)
		return cli_fail(&e);
	if (was.ssid.len > 0)
		printf("left %s", station_ssid_text(name, &was.ssid));
	else
		printf("not connected, and it stays so");
	printf("; back to a known network: %s join\n", c->command);
	return 0;
}
