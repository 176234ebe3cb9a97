/*
 * doctor_others: checks of other software that holds the card.
 *
 * All of it is a warning: the hand-over takes the card from whoever has it, but what
 * fights for it makes start and stop slow and surprising.
 */
#include "cli/doctor.h"
#include "cli/others.h"

void check_others(struct doctor *d)
{
	const char *interface = doctor_interface(d);
	size_t seen = 0;

	/* Handed over, or without a driver, there is nothing to hold. */
	if (interface == NULL)
		return;
	for (enum other which = 0; which < OTHERS; which++) {
		struct other_look look;

		other_look(d->probe, which, interface, &look);
		switch (look.state) {
		case OTHER_ABSENT:
			break;
		case OTHER_AWAY:
			finding_add(d, other_name(which), FINDING_OK, NULL, "%s", look.text);
			break;
		case OTHER_HOLDS:
		case OTHER_UNKNOWN:
			finding_add(
			    d, other_name(which), FINDING_WARNING, look.fix, "%s", look.text);
			break;
		}
		seen += look.state != OTHER_ABSENT;
	}
	if (seen == 0)
		finding_add(d, "other software", FINDING_OK, NULL, "none that would hold %s",
		    interface);
}
