# SPDX-License-Identifier: MIT
# lwp.pl URL CA COUNT: LWP::UserAgent GETs the URL on COUNT new connections. One JSON line each with
# the CLOCK_MONOTONIC times around the socket's connect and IO::Socket::SSL's handshake.
use strict;
use warnings;
use IO::Socket::IP;
use IO::Socket::SSL;
use LWP::UserAgent;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($url, $ca, $count) = @ARGV;
my %marks;

sub mark { $marks{$_[0]} //= sprintf '%.0f', clock_gettime(CLOCK_MONOTONIC) * 1e9 }

sub timed {
    my ($name, $start, $end) = @_;
    no strict 'refs';
    no warnings 'redefine';
    my $call = \&{$name};
    *{$name} = sub {
        mark($start);
        my $result = $call->(@_);
        mark($end) if $result;
        $marks{localPort} //= $_[0]->sockport if $result;
        return $result;
    };
}

timed('IO::Socket::IP::connect', 'connectStart', 'connected');
timed('IO::Socket::SSL::connect_SSL', 'tlsStart', 'tlsEnd');
for (1 .. $count) {
    %marks = ();
    my $agent = LWP::UserAgent->new(ssl_opts => { SSL_ca_file => $ca });
    my $response = $agent->get($url);
    die $response->status_line unless $response->is_success;
    print '{', join(',', map { qq("$_":$marks{$_}) } sort keys %marks), "}\n";
}
