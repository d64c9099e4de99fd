#!/usr/bin/perl
# A small client in Perl, core modules only, written from docs/protocol.md alone. One connection, one request at a time.
#   PROOFREEL_TOKEN=prt_… proofreel.pl HOST:PORT COMMAND …    over --listen-plain
#     put FILE LINK…   find LINK…   get LINK [FILE]   snap CAMERA [LINK…]   show ID   checkpoint
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Encode qw(decode encode FB_CROAK);
use IO::Socket::INET;

my %TYPE = (hello => 0x01, welcome => 0x02, auth => 0x03, admitted => 0x05, ping => 0x06, pong => 0x07, goAway => 0x08,
    request => 0x10, reply => 0x11, item => 0x12, data => 0x13, credit => 0x14, error => 0x16);
my %OPERATION = (snap => 0x20, put => 0x30, get => 0x31, find => 0x32, show => 0x33, checkpoint => 0x52);
my %KEY = (word => 0x01, words => 0x02, name => 0x03, agent => 0x04, method => 0x06, camera => 0x07, link => 0x08, id => 0x09,
    cursor => 0x0A, requestID => 0x0B, mime => 0x0E, form => 0x10, secret => 0x12, note => 0x18, version => 0x60, window => 0x61,
    limit => 0x64, size => 0x65, count => 0x67, instant => 0x68, sha256 => 0x91, document => 0xC0);
my %LIMIT = ((map { $_ => 4 << 10 } 0x01, 0x03, 0x04, 0x05, 0x08), (map { $_ => 16 << 10 } 0x02, 0x16), (map { $_ => 64 } 0x06, 0x07),
    0x10 => 64 << 10, (map { $_ => 1 << 20 } 0x11, 0x12), 0x13 => 256 << 10, 0x14 => 4, 0x15 => 0);
use constant { WINDOW => 1 << 20, PIECE => 64 << 10, UNKNOWN_MAX => 64 << 10, FIELDS_MAX => 256 };

# Frames and fields

sub head { my ($type, $count, $code, $stream, $last) = @_; return pack 'NCCnN', $count, $type, $last ? 1 : 0, $code, $stream }

sub parse_head {
    my ($count, $type, $flags, $code, $stream) = unpack 'NCCnN', shift;
    die "a frame of type $type with $count bytes is beyond its limit\n" if $count > ($LIMIT{$type} // UNKNOWN_MAX);
    return ($count, $type, $flags & 1, $code, $stream);
}

sub field {    # KEY VALUE: text as characters, an integer, bytes, or undef for a flag
    my ($key, $value) = @_;
    $value = $key >= 0x60 && $key <= 0x8F ? pack('q>', $value) : $key < 0x60 || $key >= 0xC0 && $key < 0xE0 ? encode('UTF-8', $value) : $value // '';
    return pack('N', $key << 24 | length $value) . $value;
}

sub fields { my $all = ''; while (my ($name, $value) = splice @_, 0, 2) { $all .= field($KEY{$name}, $value) } return $all }

sub parse_fields {    # [key, value] pairs in the order they came
    my ($bytes) = @_;
    my ($at, @found) = (0);
    while ($at < length $bytes) {
        die "a field ends beyond its message\n" if length($bytes) - $at < 4;
        my $head = unpack 'N', substr $bytes, $at, 4;
        my ($key, $count) = ($head >> 24, $head & 0xFFFFFF);
        die "a field ends beyond its message\n" if $count > length($bytes) - $at - 4;
        my $value = substr $bytes, $at + 4, $count;
        $at += 4 + $count;
        if ($key >= 0x60 && $key <= 0x8F) {
            $value = unpack 'q>', $count == 8 ? $value : die "integer $key wants eight bytes\n";
        } elsif ($key >= 0xB0 && $key <= 0xBF) {
            die "flag $key has no value\n" if $count;
        } elsif ($key <= 0x5F || $key >= 0xC0 && $key <= 0xDF) {
            $value = decode('UTF-8', $value =~ /\0/ ? die "text $key has a NUL\n" : $value, FB_CROAK);
        }
        push @found, [$key, $value];
        die "too many fields\n" if @found > FIELDS_MAX;
    }
    return @found;
}

sub first { my ($name, @fields) = @_; for (@fields) { return $_->[1] if $_->[0] == $KEY{$name} } return undef }

# A connection

my ($socket, $stream, %credit) = (undef, 0);

sub read_exactly {
    my ($count, $bytes) = (shift, '');
    while (length $bytes < $count) {
        my $got = sysread $socket, $bytes, $count - length $bytes, length $bytes;
        die "the server ended the connection\n" unless $got;
    }
    return $bytes;
}

sub send_frame {
    my ($name, $bytes, $code, $of, $last) = @_;
    $bytes = head($TYPE{$name}, length $bytes, $code // 0, $of // 0, $last) . $bytes;
    while (length $bytes) { substr $bytes, 0, syswrite($socket, $bytes) // die("cannot send: $!\n"), '' }
}

sub receive {    # the next frame that is not of the connection itself
    while (1) {
        my ($count, $type, $last, $code, $of) = parse_head(read_exactly(12));
        my $bytes = read_exactly($count);
        if ($type == $TYPE{ping}) { send_frame('pong', $bytes) }
        elsif ($type == $TYPE{credit}) { $credit{$of} += unpack 'N', $bytes; return ($type, '', 0) }
        elsif ($type == $TYPE{error}) { my @why = parse_fields($bytes); die first('word', @why), ': ', first('words', @why), "\n" }
        elsif ($type != $TYPE{goAway}) { return ($type, $bytes, $last) }
    }
}

sub log_in {
    my ($address, $token) = @_;
    $socket = IO::Socket::INET->new(PeerAddr => $address, Timeout => 10) or die "there is no server at $address\n";
    send_frame('hello', fields(version => 1, window => WINDOW, agent => 'proofreel-perl/1'), 0x5052, 0x464C);
    my (undef, $welcome) = receive();
    our $window = first('window', parse_fields($welcome));
    send_frame('auth', fields(method => 'token', secret => $token));
    my ($type) = receive();
    die "not let in\n" if $type != $TYPE{admitted};
}

sub ask {    # OPERATION FIELDS [UPLOAD]: items, reply, body
    my ($operation, $asked, $upload) = @_;
    $credit{++$stream} = our $window;
    send_frame('request', $asked, $OPERATION{$operation}, $stream, !defined $upload);
    my ($at, $owed, $body, @items, @reply) = (0, 0, '');
    while (defined $upload) {
        receive() while !$credit{$stream} && $at < length $upload;    # only credit and errors come before the end
        my $piece = substr $upload, $at, $credit{$stream} < PIECE ? $credit{$stream} : PIECE;
        $at += length $piece;
        $credit{$stream} -= length $piece;
        send_frame('data', $piece, 0, $stream, $at == length $upload);
        last if $at == length $upload;
    }
    while (1) {
        my ($type, $bytes, $last) = receive();
        push @items, [parse_fields($bytes)] if $type == $TYPE{item};
        @reply = parse_fields($bytes) if $type == $TYPE{reply};
        $body .= $bytes if $type == $TYPE{data};
        $owed += length $bytes if $type == $TYPE{item} || $type == $TYPE{data};
        return (\@items, \@reply, $body) if $last;
        if ($owed >= WINDOW / 2) { send_frame('credit', pack('N', $owed), 0, $stream); $owed = 0 }
    }
}

sub main {
    my ($address, $command, @rest) = map { decode('UTF-8', $_) } @_;
    die "usage: proofreel.pl HOST:PORT put|find|get|snap|show|checkpoint …\n" unless $command && $OPERATION{$command};
    binmode STDOUT, ':utf8';
    log_in($address, $ENV{PROOFREEL_TOKEN} // '');
    my ($file, $upload) = $command eq 'put' ? shift @rest : $command eq 'get' ? $rest[1] : undef;
    if ($command eq 'put') { open my $from, '<:raw', $file or die "$file: $!\n"; local $/; $upload = <$from> // '' }
    my @links = map { (link => $_) } grep { /=/ } $command eq 'get' ? $rest[0] : @rest;
    my @asked = $command eq 'snap' ? (camera => $rest[0], @links) : $command eq 'show' ? (id => $rest[0]) : @links;
    push @asked, requestID => $ENV{PROOFREEL_REQUEST} if $ENV{PROOFREEL_REQUEST};
    my ($items, $reply, $body) = ask($command, fields(@asked, $command eq 'put' ? (name => $file) : ()), $upload);
    if ($command eq 'get') {
        die "the bytes are not those of the log\n" if sha256_hex($body) ne unpack 'H*', first('sha256', @$reply);
        if ($file) { open my $to, '>:raw', $file or die "$file: $!\n"; print $to $body; close $to or die "$file: $!\n" }
        print first('id', @$reply), ' ', length $body, " bytes, as recorded\n";
    }
    for (@$items, $reply) { my $said = first('document', @$_) // first('note', @$_); print "$said\n" if defined $said }
}

main(@ARGV) unless caller;
1;
