/*
 * Which cards an image is built for: named, or meant by the configurations of a
 * host that a tree describes.
 */
#include "check.h"

#include "cli/cards.h"
#include "pci_tree.h"

static const char host[] =
    "cpu intel\nkernel 6.12.48-amd64\niommu intel\n"
    "dev 00:1f.6 8086:15fc 020000 driver=e1000e group=1 net=eno1\n"
    "dev 00:1c.0/03:00.0 8086:2723 028000 driver=iwlwifi group=2 net=wlp3s0 wireless\n";
static const char second[] =
    "dev 00:1c.1/04:00.0 10ec:b852 028000 driver=rtw89_8852be group=3 net=wlp4s0 wireless\n";

static struct cards cards;
static char root[64], etc[64];
static struct err e;

static void unfold(const char *text)
{
	char copy[512];

	str_copy(copy, sizeof(copy), text);
	tree_unfold(root, copy, NULL, NULL);
}

static int of(const char *radio)
{
	struct conf conf;
	char text[128];

	cards = (struct cards){.count = 0};
	e = (struct err){0};
	str_format(text, sizeof(text), "radio = \"%s\";\n", radio);
	CHECK_INT(conf_parse(&conf, CONF_MACHINE, text, strlen(text), "test", &e), 0);
	return cards_of_conf(&cards, &conf, false, root, &e);
}

static void takes_what_is_named(void)
{
	cards = (struct cards){.count = 0};
	CHECK_INT(cards_named(&cards, "8086:2723,10EC:8168", &e), 0);
	CHECK_INT(cards.count, 2);
	CHECK_STR(cards.requests[0].name, "8086:2723");
	CHECK_STR(cards.requests[1].modalias, "pci:v000010ECd00008168sv*sd*bc02sc*i*");
	CHECK(!cards.requests[1].optional);
	CHECK_INT(cards_named(&cards, "8086:2723,ax200", &e), -1);
	CHECK_INT(e.kind, ERR_USAGE);
	CHECK_HAS(e.text, "\"ax200\" is no card: accepted: vendor:device");
	cards = (struct cards){.count = 0};
	CHECK_INT(cards_named(&cards, "8086:", &e), -1);
	cards = (struct cards){.count = CARDS_MAX};
	CHECK_INT(cards_named(&cards, "8086:2723", &e), -1);
	CHECK_HAS(e.text, "more than 16 cards");
}

static void takes_what_the_radio_means(void)
{
	CHECK_INT(of("simulated"), 0);
	CHECK_INT(cards.count, 0);
	CHECK_INT(of("auto"), 0);
	CHECK_INT(cards.count, 1);
	CHECK(strncmp(cards.requests[0].modalias, "pci:v00008086d00002723", 22) == 0);
	CHECK_HAS(cards.requests[0].name, "0000:03:00.0 ");
	CHECK(!cards.requests[0].optional);
	/* An Ethernet card is taken when it is meant, and only then. */
	CHECK_INT(of("0000:00:1f.6"), 0);
	CHECK_INT(cards.count, 1);
	CHECK(strncmp(cards.requests[0].modalias, "pci:v00008086d000015FC", 22) == 0);
	CHECK_INT(of("0000:09:00.0"), -1);
	CHECK_HAS(e.text, "0000:09:00.0");
	CHECK_HAS(e.hint, "--card");
}

static void serves_all_machines(void)
{
	static const char office[] = "radio = \"0000:04:00.0\";\n", bad[] = "radio = 7;\n";
	char path[128];
	struct conf conf;

	unfold(host);
	CHECK_INT(of("auto"), 0);
	str_format(path, sizeof(path), "%s/office.conf", etc);
	CHECK_INT(file_replace(path, office, strlen(office), 0644, &e), 0);
	str_format(path, sizeof(path), "%s/bad.conf", etc);
	CHECK_INT(file_replace(path, bad, strlen(bad), 0644, &e), 0);
	str_format(path, sizeof(path), "%s/office.conf~", etc);
	CHECK_INT(file_replace(path, bad, strlen(bad), 0644, &e), 0);
	str_format(path, sizeof(path), "%s/none.conf-main", etc);
	conf_defaults(&conf, CONF_MACHINE);
	/* Its card is not there: said, and passed over. */
	cards_of_others(&cards, &conf, path, etc, root);
	CHECK_INT(cards.count, 1);
	unfold(second);
	cards_of_others(&cards, &conf, path, etc, root);
	CHECK_INT(cards.count, 2);
	CHECK(cards.requests[1].optional);
	/* Of two, neither makes the build fail. */
	CHECK_INT(of("auto"), 0);
	CHECK_INT(cards.count, 2);
	CHECK(cards.requests[0].optional && cards.requests[1].optional);
}

int main(void)
{
	log_open(NULL, NULL, "test", LEVEL_NONE);
	str_copy(root, sizeof(root), "/tmp/airlock-cards-XXXXXX");
	str_copy(etc, sizeof(etc), "/tmp/airlock-cards-XXXXXX");
	if (mkdtemp(root) == NULL || mkdtemp(etc) == NULL)
		return 1;
	unfold(host);
	RUN(takes_what_is_named);
	RUN(takes_what_the_radio_means);
	RUN(serves_all_machines);
	tree_remove(root);
	tree_remove(etc);
	return check_done();
}
