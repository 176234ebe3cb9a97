/*
 * double: plays bhyve, bhyvectl and the loader, for tests on any system.
 *
 * Which of them it is, its name says; the directory that it is called in is its world:
 *
 *     vmm/NAME   a machine's object: how often its processor has left the guest
 *     NAME.pid   the bhyve that runs it
 *     calls      what was run, a line each, appended
 *     play       words that say what is to happen, if there is such a file:
 *                  loader=N  the loader fails so          bhyve=N   bhyve does, at the start
 *                  still     the guest never runs         slow      ... for a second
 *                  no-acpi   SIGTERM would kill bhyve     stuck     nothing but SIGKILL ends it
 *                  stays     the object is not destroyed
 *                  router    on its first port the guest speaks as airlock-init would
 *
 * As the real one, bhyve takes its configuration by -k, wants the object to be there
 * unless it boots a ROM, makes the sockets of its ports and never removes one, has one
 * client a port at a time, drops what the guest says while there is none, and ends with
 * the status that says why.  Its guest says '>' on the console and then does what is typed
 * there:
 *
 *     p powers off   r reboots       t triple fault   h halts       x panics
 *     e an error     A aborts        S is saved       u unknown end i no interrupts
 *     s complains    l closes the ports' connections
 *
 * Every other byte is echoed.  On a port every byte is echoed.  SIGHUP makes it reboot.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "double_guest.h"

#define PORTS 16

static char world[256], play[256];

static volatile sig_atomic_t told;

static void path_of(char dst[512], const char *name, const char *suffix)
{
	snprintf(dst, 512, "%.200s/%.100s%.100s", world, name, suffix);
}

static bool plays(const char *word)
{
	const char *at = strstr(play, word);

	return at != NULL && (at == play || at[-1] == ' ' || at[-1] == '\n');
}

/* The number after "word", or -1. */
static int played(const char *word)
{
	return plays(word) ? atoi(strstr(play, word) + strlen(word)) : -1;
}

static void read_play(void)
{
	char path[512];
	FILE *f;

	path_of(path, "play", "");
	f = fopen(path, "r");
	if (f != NULL && fgets(play, sizeof(play), f) == NULL)
		play[0] = '\0';
	if (f != NULL)
		fclose(f);
}

static void record(int argc, char **argv)
{
	char path[512], line[4096];
	size_t len = 0;
	int fd;

	path_of(path, "calls", "");
	for (int i = 0; i < argc; i++) {
		const char *text = i == 0 ? strrchr(argv[0], '/') + 1 : argv[i];

		len += (size_t)snprintf(
		    line + len, sizeof(line) - len, "%s%s", i > 0 ? " " : "", text);
		if (len >= sizeof(line) - 1)
			len = sizeof(line) - 2;
	}
	line[len++] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd >= 0 && write(fd, line, len) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static long number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long value = -1;

	if (f != NULL && fscanf(f, "%ld", &value) != 1)
		value = -1;
	if (f != NULL)
		fclose(f);
	return value;
}

static void put_number(const char *path, long value)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return;
	fprintf(f, "%ld\n", value);
	fclose(f);
}

static void object_path(char dst[512], const char *name)
{
	path_of(dst, "vmm/", name);
}

/* ------------------------------------------------------------- bhyvectl */

static void signal_bhyve(const char *name, int signo)
{
	char path[512];
	long pid;

	path_of(path, name, ".pid");
	pid = number_in(path);
	if (pid > 1)
		kill((pid_t)pid, signo);
}

static int bhyvectl(int argc, char **argv)
{
	const char *name = "", *verb = "";
	char object[512];

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--vm=", 5) == 0)
			name = argv[i] + 5;
		else
			verb = argv[i];
	}
	object_path(object, name);
	if (access(object, F_OK) < 0) {
		fprintf(stderr, "vm_open: %s could not be opened: %s\n", name, strerror(errno));
		return 1;
	}
	if (strcmp(verb, "--get-stats") == 0) {
		printf("vcpu0 stats:\nResident memory\t33554432\n"
		       "total number of vm exits                \t%ld\n",
		    number_in(object));
	} else if (strcmp(verb, "--force-poweroff") == 0) {
		signal_bhyve(name, SIGUSR1);
	} else if (strcmp(verb, "--destroy") == 0 && !plays("stays")) {
		unlink(object);
		signal_bhyve(name, SIGUSR2);
	}
	return 0;
}

/* --------------------------------------------------------------- loader */

static int load(int argc, char **argv)
{
	const char *name = "", *kernel = "";
	char object[512];

	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "-n") == 0)
			name = argv[i + 1];
		if (strcmp(argv[i], "-k") == 0)
			kernel = argv[i + 1];
	}
	if (played("loader=") >= 0) {
		fprintf(stderr, "airlock-load: it was told to fail\n");
		return played("loader=");
	}
	if (access(kernel, R_OK) < 0) {
		fprintf(stderr, "airlock-load: %s: %s\n", kernel, strerror(errno));
		return 64;
	}
	object_path(object, name);
	put_number(object, 0);
	return 0;
}

/* ---------------------------------------------------------------- bhyve */

struct port {
	char path[200];
	int listener, client;
};

static struct {
	char name[64];
	bool rom, destroyed;
	struct port ports[PORTS];
	int count;
} vm;

static void setting(const char *key, const char *value)
{
	int slot, port;
	char rest[32];

	if (strcmp(key, "name") == 0)
		snprintf(vm.name, sizeof(vm.name), "%s", value);
	if (strcmp(key, "bootrom") == 0 || strcmp(key, "lpc.bootrom") == 0)
		vm.rom = true;
	if (sscanf(key, "pci.0.%d.0.port.%d.%31s", &slot, &port, rest) == 3 &&
	    strcmp(rest, "path") == 0 && port < PORTS) {
		snprintf(vm.ports[port].path, sizeof(vm.ports[port].path), "%s", value);
		vm.count = port >= vm.count ? port + 1 : vm.count;
	}
}

static void read_config(const char *path)
{
	char line[1024], *value;
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		fprintf(stderr, "bhyve: Failed to open configuration file %s\n", path);
		exit(4);
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, '=');
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (value == NULL || value[1] == '\0') {
			fprintf(stderr, "bhyve: invalid config option '%s'\n", line);
			exit(4);
		}
		*value = '\0';
		setting(line, value + 1);
	}
	fclose(f);
}

static void listen_at(struct port *p)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	p->client = -1;
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%.100s", p->path);
	if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(p->listener, 1) < 0) {
		fprintf(stderr, "cannot create port %s: %s\n", p->path, strerror(errno));
		exit(4);
	}
}

static void on_signal(int signo)
{
	told = signo;
}

static void leave(int status)
{
	char path[512];

	path_of(path, vm.name, ".pid");
	unlink(path);
	exit(status);
}

static void obey(void)
{
	int signo = told;

	told = 0;
	if (signo == 0 || plays("stuck"))
		return;
	leave(signo == SIGUSR2 ? 4 : signo == SIGHUP ? 0 : 1);
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		exit(4);
}

static void complain(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		exit(4);
}

static void hang_up(void)
{
	for (int i = 0; i < vm.count; i++) {
		if (vm.ports[i].client >= 0)
			close(vm.ports[i].client);
		vm.ports[i].client = -1;
	}
}

static void act(char c)
{
	static const struct {
		char key;
		int status;
	} ends[] = {{'p', 1}, {'r', 0}, {'t', 3}, {'h', 2}, {'e', 4}, {'S', 5}, {'u', 100}};
	char echo[2] = {c, '\0'};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].key == c)
			leave(ends[i].status);
	if (c == 'A')
		abort();
	if (c == 'x') {
		say("Kernel panic - not syncing: it was told to\r\n");
		leave(0);
	}
	if (c == 'i') {
		complain("bhyve: vm_setup_pptdev_msi: Input/output error\n");
		leave(1);
	}
	if (c == 's')
		complain("a line of bhyve\n");
	else if (c == 'l')
		hang_up();
	else
		say(echo);
}

static void on_port(struct port *p, short listener, short client)
{
	bool router = p == &vm.ports[0] && plays("router");
	char bytes[4096];
	ssize_t n;

	if (listener & POLLIN) {
		int fd = accept(p->listener, NULL, NULL);

		if (p->client >= 0) {
			close(fd);
		} else {
			p->client = fd;
			if (router)
				guest_connected(fd);
		}
	}
	if (client == 0)
		return;
	n = read(p->client, bytes, sizeof(bytes));
	if (n > 0 && router && guest_heard(p->client, bytes, (size_t)n))
		leave(1);
	if (n <= 0 || (!router && write(p->client, bytes, (size_t)n) != n)) {
		close(p->client);
		p->client = -1;
	}
}

static void run_guest(void)
{
	struct pollfd p[1 + 2 * PORTS];
	char c;

	for (;;) {
		p[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
		for (int i = 0; i < vm.count; i++) {
			p[1 + 2 * i] = (struct pollfd){vm.ports[i].listener, POLLIN, 0};
			p[2 + 2 * i] = (struct pollfd){vm.ports[i].client, POLLIN, 0};
		}
		obey();
		if (poll(p, 1 + 2 * (nfds_t)vm.count, 1000) < 0)
			continue;
		if ((p[0].revents & POLLIN) && read(STDIN_FILENO, &c, 1) == 1)
			act(c);
		else if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			poll(NULL, 0, 10);
		for (int i = 0; i < vm.count; i++)
			on_port(&vm.ports[i], p[1 + 2 * i].revents, p[2 + 2 * i].revents);
	}
}

/* Without SA_RESTART, and looked at once a second besides: none is missed for long. */
static void catch (int signo)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(signo, &action, NULL);
}

static int bhyve(int argc, char **argv)
{
	char object[512], pid[512];

	if (argc != 3 || strcmp(argv[1], "-k") != 0)
		return 1;
	read_config(argv[2]);
	if (played("bhyve=") >= 0) {
		complain("bhyve: it was told to fail\n");
		return played("bhyve=");
	}
	object_path(object, vm.name);
	if (access(object, F_OK) < 0 && !vm.rom) {
		complain("bhyve: no bootrom was configured\n");
		return 4;
	}
	catch (SIGUSR1);
	catch (SIGUSR2);
	put_number(object, 0);
	path_of(pid, vm.name, ".pid");
	put_number(pid, (long)getpid());
	for (int i = 0; i < vm.count; i++)
		listen_at(&vm.ports[i]);
	if (plays("slow"))
		poll(NULL, 0, 1000);
	if (plays("still"))
		for (;;) {
			obey();
			poll(NULL, 0, 50);
		}
	if (!plays("no-acpi"))
		catch (SIGTERM);
	put_number(object, 1812);
	say(">");
	run_guest();
	return 4;
}

int main(int argc, char **argv)
{
	char *name = strrchr(argv[0], '/');

	if (name == NULL || name - argv[0] >= (long)sizeof(world))
		return 100;
	memcpy(world, argv[0], (size_t)(name - argv[0]));
	umask(022);
	read_play();
	record(argc, argv);
	if (strcmp(name, "/bhyvectl") == 0)
		return bhyvectl(argc, argv);
	if (strcmp(name, "/airlock-load") == 0)
		return load(argc, argv);
	return bhyve(argc, argv);
}
