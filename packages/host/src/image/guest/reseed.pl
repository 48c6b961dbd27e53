# Makes the kernel's random numbers this VM's own, and sets its clock. Reads one line: the seed as 64 hex digits, then
# seconds and nanoseconds since 1970, or "-" to leave the clock alone. The number of clock_settime is the first argument.
use strict;
use warnings;

my ($seed, $seconds, $nanoseconds) = <STDIN> =~ /^([0-9a-f]{64}) (?:-|(\d+) (\d+))$/ or die "no seed\n";
my $bytes = pack "H*", $seed;
sysopen my $random, "/dev/urandom", 1 or die "/dev/urandom: $!\n"; # O_WRONLY
# linux/random.h: RNDADDENTROPY _IOW('R', 3, int[2]) takes struct rand_pool_info { entropy_count, buf_size, buf }.
ioctl $random, 0x40085203, pack("ii", 8 * length $bytes, length $bytes) . $bytes or die "RNDADDENTROPY: $!\n";
# RNDRESEEDCRNG _IO('R', 7): without it the old key goes on for up to a minute.
ioctl $random, 0x5207, 0 or die "RNDRESEEDCRNG: $!\n";
exit 0 unless defined $seconds;
# CLOCK_REALTIME is 0; struct timespec is two 64-bit numbers.
syscall(0 + $ARGV[0], 0, pack "qq", $seconds, $nanoseconds) == 0 or die "clock_settime: $!\n";
