/**
 * The program that starts others for Annex: a copy of a small process is cheap, a copy of the api's is not. In perl, as
 * the rules of `kernel-rules.ts` are. Descriptor 3 leads to its parent, which sends `start` and `kill` and hears
 * `started` and `exited`. What shall become a descriptor of a program comes as a connection to `name`, led by 16 bytes
 * that say for which; only the parent may connect. `$prctl` is that call's number, 0 where it is not known.
 */
export const launcherScript = String.raw`
use strict;
use Socket qw(AF_UNIX SOCK_STREAM SOL_SOCKET PF_UNSPEC pack_sockaddr_un);
use Errno;
use POSIX qw(:sys_wait_h);

my ($parent, $name, $prctl) = @ARGV;
my ($cloexec, $dupAbove, $peer, $control) = (1, 1030, 17, 3);
$0 = 'annex-launcher';
my $self = $$;

# Ends with its parent, however that ends.
sub endWith { my ($starter) = @_; syscall(int $prctl, 1, 9, 0, 0, 0) if $prctl; POSIX::_exit(0) if getppid != $starter }
endWith($parent);

opendir(my $list, '/proc/self/fd');
my @inherited = grep { /^\d+$/ && $_ > 3 } readdir $list;
closedir $list;
POSIX::close($_) for @inherited;
open(my $line, '+<&=', $control) or die "control: $!\n";
fcntl($line, 2, $cloexec);

socket(my $door, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
bind($door, pack_sockaddr_un("\0$name")) or die "bind: $!\n";
listen($door, 128) or die "listen: $!\n";
pipe(my $woken, my $wake) or die "pipe: $!\n";
fcntl($wake, 4, 2048);
$SIG{CHLD} = sub { syswrite $wake, 'x' };
# A service manager may tell every process of a service to stop: only its parent knows what still has to run.
$SIG{$_} = 'IGNORE' for 'PIPE', 'TERM', 'INT', 'HUP';

# Connections that no program has yet, ends of pairs between two programs, orders that wait for connections, programs.
my (%came, %between, %waiting, %running, %pidOf);
my $ordered = 0;

# A program that ends interrupts whatever waits at that moment: it is done again.
sub again { my ($do) = @_; for (;;) { my $n = $do->(); return $n if defined $n || !$!{EINTR} } }

sub say_ {
  my $text = join(' ', @_) . "\n";
  while ($text ne '') { my $n = again(sub { syswrite $line, $text }); defined $n or last; substr($text, 0, $n) = '' }
}

sub take {
  my ($what) = @_;
  return delete $came{$what} unless $what =~ /^(b\d+)([ab])$/;
  my ($pair, $side) = ($1, $2);
  return delete $between{$what} if $between{$what};
  socketpair(my $mine, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or return;
  $between{$pair . ($side eq 'a' ? 'b' : 'a')} = $other;
  return $mine;
}

sub put { my ($file, $text) = @_; open(my $out, '>', $file) or return; syswrite $out, $text }

sub become {
  my ($niceness, $group, $sources, @command) = @_;
  $SIG{$_} = 'DEFAULT' for 'CHLD', 'PIPE', 'TERM', 'INT', 'HUP';
  POSIX::setsid();
  endWith($self);
  if ($niceness ne '') {
    setpriority(0, 0, $niceness) if $niceness > getpriority(0, 0);
    put('/proc/self/oom_score_adj', '1000');
  }
  put("$group/cgroup.procs", $$) if $group ne '';
  my %high = map { $_ => fcntl($sources->{$_}, $dupAbove, 100) } keys %$sources;
  open(my $nothing, '+<', '/dev/null');
  POSIX::dup2(fileno $nothing, $_) for 0 .. 2;
  POSIX::dup2($high{$_}, $_) for keys %high;
  { no warnings; exec { $command[0] } @command }
  syswrite STDERR, "$command[0]: $!\n";
  POSIX::_exit(127);
}

# Starts what has all its connections.
sub startReady {
  for my $id (sort { $a <=> $b } keys %waiting) {
    my ($niceness, $group, $where, @command) = @{ $waiting{$id} };
    my %wanted = map { split /=/ } split ' ', $where;
    next if grep { !/^b/ && !$came{$_} } values %wanted;
    delete $waiting{$id};
    my %sources = map { $_ => take($wanted{$_}) } keys %wanted;
    my $pid = (grep { !$_ } values %sources) ? undef : fork;
    become($niceness, $group, \%sources, @command) if defined $pid && $pid == 0;
    if (!defined $pid) { say_('exited', $id, -1, 0); next }
    ($running{$pid}, $pidOf{$id}) = ($id, $pid);
    say_('started', $id, $pid);
  }
}

sub obey {
  my ($what, $id, @more) = unpack '(N/a*)*', $_[0];
  if ($what eq 'start') { ($ordered, $waiting{$id}) = ($id, \@more) }
  elsif ($what eq 'kill' && delete $waiting{$id}) {
    delete $came{$_} for grep { /^$id\./ } keys %came;
    say_('exited', $id, -1, 9)
  }
  elsif ($what eq 'kill' && $pidOf{$id}) { kill 'KILL', $pidOf{$id} }
}

sub meet {
  accept(my $stranger, $door) or return;
  my ($pid) = unpack 'l', getsockopt($stranger, SOL_SOCKET, $peer);
  return if $pid != $parent;
  my $label = '';
  while (length $label < 16) {
    again(sub { sysread $stranger, $label, 16 - length $label, length $label }) or return;
  }
  $label =~ s/ +$//;
  my ($id) = split /\./, $label;
  $came{$label} = $stranger if $id > $ordered || $waiting{$id};
}

say_('ready');
my $orders = '';
ORDERS: for (;;) {
  my $any = '';
  vec($any, fileno $_, 1) = 1 for $line, $door, $woken;
  next if select($any, undef, undef, undef) < 0;
  sysread($woken, my $bell, 4096) if vec($any, fileno $woken, 1);
  meet() if vec($any, fileno $door, 1);
  if (vec($any, fileno $line, 1)) {
    again(sub { sysread $line, $orders, 65536, length $orders }) or last;
    while (length $orders >= 4 && length $orders >= 4 + unpack('N', $orders)) {
      obey(substr($orders, 4, unpack('N', $orders)));
      substr($orders, 0, 4 + unpack('N', $orders)) = '';
    }
  }
  startReady();
  while ((my $pid = waitpid(-1, WNOHANG)) > 0) {
    my $status = $?;
    my $id = delete $running{$pid} or next;
    delete $pidOf{$id};
    say_('exited', $id, $status & 127 ? -1 : $status >> 8, $status & 127);
  }
}
kill 'KILL', keys %running;
`;
