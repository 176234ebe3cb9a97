/* host, Linux: words for Debian and what is made of it. */
#include "image/host.h"

const char host_install_gpgv[] = "apt-get install gpgv";
const char host_install_keyring[] =
    "apt-get install debian-archive-keyring, or set image.keyring";
const char host_install_compiler[] = "apt-get install clang lld";
