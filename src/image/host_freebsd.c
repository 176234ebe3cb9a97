/* host, FreeBSD: clang and lld are the base system's, gpgv is of a port. */
#include "image/host.h"

const char host_install_gpgv[] = "pkg install gnupg";
/* No port of FreeBSD's own has it; airlock's brings it along. */
const char host_install_keyring[] =
    "take usr/share/keyrings/debian-archive-keyring.gpg out of Debian's package "
    "debian-archive-keyring, and set image.keyring to it";
/* For a base system that was made without them. */
const char host_install_compiler[] = "pkg install llvm";
