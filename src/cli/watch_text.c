/*
 * watch_text: how wide a text is on a terminal.
 *
 * No locale is asked, so that a drawing is the same everywhere.  A character
 * takes one column, two when East Asian scripts and emoji are known to be wide,
 * none only in the one block of combining marks that European languages use.
 * What is not in these few ranges may be narrower than it is counted here, and
 * then a line is shorter than it could be; it is never longer.
 */
#include "cli/watch_text.h"

size_t text_next(const char *p, uint32_t *c)
{
	const uint8_t *s = (const uint8_t *)p;
	size_t n = s[0] < 0xc2 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 1;

	*c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*c = 0xfffd;
			return 1;
		}
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return n;
}

unsigned text_columns_of(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x23e9, 0x23f3}, {0x25fd, 0x25fe},
	    {0x2600, 0x27bf}, {0x2b1b, 0x2b55}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
	    {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe6f},
	    {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x1b2ff}, {0x1f000, 0x3fffd}};

	if (c >= 0x300 && c <= 0x36f)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (c >= wide[i].first && c <= wide[i].last)
			return 2;
	return 1;
}
